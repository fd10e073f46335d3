import { TreadleError } from '@treadle/worker'
import { beforeAll, describe, expect, test } from 'vitest'
import { textOf, typesOf, useExecutor } from './support/executor-bench.ts'

const executor = useExecutor({ secrets: { GRANTED: 'granted-value-91', HIDDEN: 'hidden-value-92' } })

beforeAll(() => {
  const { functions } = executor()
  functions.register(
    'score',
    { input: { type: 'object', required: ['text'] }, output: { type: 'integer' } },
    ({ text, result }) => result ?? text.length,
  )
  functions.register('stream', {}, async (_args, context) => {
    for (const piece of ['eins ', 'zwei ', '😀']) await context.emitText(piece)
    await context.log('info', 'half way', { at: context.path })
    return { run: context.run.id, attempt: context.attempt }
  })
  functions.register('throws', {}, () => {
    throw new Error('no such customer')
  })
  functions.register('typed', {}, () => {
    throw new TreadleError('rate_limited', 'slow down', { retryAfterMs: 9000 })
  })
  functions.register('deaf', {}, () => new Promise(() => {}))
  functions.register('secrets', { secrets: ['GRANTED'] }, async ({ name }, context) => ({
    value: await context.secret(name),
  }))
  functions.register('bigint', {}, () => 1n)
})

async function call(name: string, args: object = {}, task: object = {}) {
  const { newRun, attempt, events } = executor()
  const run = await newRun()
  const outcome = await attempt(run, { work: { kind: 'function', tool: name, name, args }, ...task })
  return { outcome, events: await events(run), run }
}

describe('a registered function', () => {
  test('gets its arguments, and its result is the output', async () => {
    expect((await call('score', { text: 'four' })).outcome).toMatchObject({
      status: 'completed',
      output: 4,
      usage: { toolCalls: 1 },
    })
  })

  test('streams text and writes into the log', async () => {
    const { outcome, events, run } = await call('stream')
    expect(outcome).toMatchObject({ output: { run: run.id, attempt: 1 } })
    expect(textOf(events)).toBe('eins zwei 😀')
    expect(events.find(({ type }) => type === 'log')).toMatchObject({
      node: 'node',
      data: { level: 'info', message: 'half way', fields: { at: 'node' } },
    })
  })

  test.each([
    ['score', {}, 'failed', 'invalid_request', 'text'],
    ['score', { text: 'x', result: 'many' }, 'failed', 'invalid_output', 'must be integer'],
    ['throws', {}, 'failed', 'tool_error', 'no such customer'],
    ['typed', {}, 'retrying', 'rate_limited', 'slow down'],
    ['bigint', {}, 'failed', 'invalid_output', 'not JSON'],
    ['nobody', {}, 'failed', 'invalid_request', 'registered: bigint, deaf'],
    ['secrets', { name: 'HIDDEN' }, 'failed', 'auth', 'was not granted'],
  ])('%s(%o) is %s with `%s`', async (name, args, status, type, message) => {
    const { outcome } = await call(name, args)
    expect(outcome).toMatchObject({ status, error: { type, message: expect.stringContaining(message) } })
  })

  test('that does not hear its signal ends with its timeout all the same', async () => {
    const { outcome, events } = await call('deaf', {}, { timeoutMs: 100 })
    expect(outcome).toMatchObject({ status: 'retrying', error: { type: 'timeout' } })
    expect(typesOf(events)).toEqual(['node.started 1', 'node.retrying 1'])
  })
})

test('a granted secret that a function gives away is in nothing that is written', async () => {
  const { outcome, events } = await call('secrets', { name: 'GRANTED' })
  expect(outcome).toMatchObject({ output: { value: '[secret GRANTED]' } })
  expect(JSON.stringify(events)).not.toContain('granted-value-91')
})
