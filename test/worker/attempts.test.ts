import type { Stop } from '@treadle/worker/executor'
import { describe, expect, test } from 'vitest'
import { llm, textOf, typesOf, useExecutor } from './support/executor-bench.ts'

const executor = useExecutor()

/** Starts an attempt that waits at a gate of the model, after one piece of text. */
async function startHanging(gate: string, task: object = {}) {
  const { model, newRun, attempt, logged } = executor()
  const run = await newRun()
  const asked = model.waitFor(({ body }) => JSON.stringify(body).includes(gate))
  model.when({ prompt: gate }, [{ text: 'first ' }, { gate }, { text: 'last' }, { hang: true }], { times: 1 })
  model.when({ prompt: gate }, [{ text: 'anew' }])
  let stop: Stop | undefined
  const outcome = attempt(run, { work: llm(gate), ...task }, (means) => {
    stop = means
  })
  const request = await asked
  await logged(run, 'node.delta')
  return { run, outcome, request, stop: (reason: Parameters<Stop['now']>[0]) => stop?.now(reason) }
}

describe('an attempt', () => {
  test('that finds its checkpoint gives it again and executes nothing', async () => {
    const { prompt, model, newRun, attempt, events } = executor()
    const run = await newRun()
    const work = llm(prompt([{ text: 'Once' }]))
    const first = await attempt(run, { work })
    const asked = model.requests.length
    const log = await events(run)
    expect(await attempt(run, { work })).toEqual(first)
    expect(model.requests.length).toBe(asked)
    expect(await events(run)).toEqual(log)
  })

  test('that finds the node failed gives that failure again', async () => {
    const { prompt, newRun, attempt } = executor()
    const run = await newRun()
    const work = llm(prompt([{ error: { status: 400 } }]))
    const first = await attempt(run, { work })
    const again = await attempt(run, { work })
    expect([first.status, again.status]).toEqual(['failed', 'failed'])
    expect(again).toHaveProperty('error', (first as { error: object }).error)
  })

  test('that is cancelled closes the model’s connection and says so in the log', async () => {
    const { events } = executor()
    const { run, outcome, request, stop } = await startHanging('cancel-me')
    stop('cancelled')
    expect(await outcome).toMatchObject({ status: 'cancelled' })
    expect(await request.ended).toBe('aborted')
    expect(typesOf(await events(run))).toEqual(['node.started 1', 'node.delta 1', 'node.cancelled 1'])
  })

  test('hears of the run’s cancel by the answer to what it writes', async () => {
    const { model, runs, events } = executor()
    const { run, outcome, request } = await startHanging('cancel-by-flag')
    await runs.requestCancel(run.tenant, run.id, 'changed my mind')
    model.open('cancel-by-flag')
    expect(await outcome).toMatchObject({ status: 'cancelled' })
    expect(await request.ended).toBe('aborted')
    expect(typesOf(await events(run)).at(-1)).toBe('node.cancelled 1')
  })

  test('of a run that is to be cancelled asks no model', async () => {
    const { model, runs, newRun, attempt } = executor()
    const run = await newRun()
    await runs.requestCancel(run.tenant, run.id)
    const asked = model.requests.length
    expect(await attempt(run, { work: llm('Hello') })).toMatchObject({ status: 'cancelled' })
    expect(model.requests.length).toBe(asked)
  })

  test('that takes too long closes its connection and is a failure of type `timeout`', async () => {
    const { events } = executor()
    const { run, outcome, request } = await startHanging('too-slow', { timeoutMs: 200 })
    expect(await outcome).toMatchObject({ status: 'retrying', error: { type: 'timeout', node: 'node' } })
    expect(await request.ended).toBe('aborted')
    expect(typesOf(await events(run)).at(-1)).toBe('node.retrying 1')
  })

  test('of a worker that shuts down dies without a word, and is no failure of the node', async () => {
    const { events, attempt } = executor()
    const { run, outcome, request, stop } = await startHanging('shut-down')
    stop('shutdown')
    expect(await outcome).toMatchObject({ status: 'died' })
    expect(await request.ended).toBe('aborted')
    expect(typesOf(await events(run)).at(-1)).toBe('node.delta 1')

    // Whoever comes next says that it died, and has all its attempts yet.
    expect(await attempt(run, { work: llm('shut-down'), retry: { maxAttempts: 1 } })).toMatchObject({
      status: 'completed',
    })
    expect(typesOf(await events(run))).toEqual([
      'node.started 1',
      'node.delta 1',
      'node.retrying 1',
      'node.started 2',
      'node.delta 2',
      'node.completed 2',
    ])
  })

  test('that was overtaken by a newer one writes nothing more', async () => {
    const { model, attempt, events } = executor()
    const { run, outcome, request } = await startHanging('overtaken')
    const newer = await attempt(run, { work: llm('overtaken') })
    expect(newer).toMatchObject({ status: 'completed' })
    const log = await events(run)
    model.open('overtaken')
    expect(await outcome).toMatchObject({ status: 'died' })
    expect(await request.ended).toBe('aborted')
    expect(await events(run)).toEqual(log)
  })

  test('of a run that has ended executes nothing', async () => {
    const { model, newRun, attempt, appender } = executor()
    const run = await newRun()
    await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
    const asked = model.requests.length
    expect(await attempt(run, { work: llm('Hello') })).toMatchObject({ status: 'ended' })
    expect(model.requests.length).toBe(asked)
  })

  test('carries the workflow’s own events before its start, and says which are applied', async () => {
    const { newRun, attempt, events } = executor()
    const run = await newRun()
    const outbox = [{ n: 1, type: 'run.started' as const, data: {} }]
    const outcome = await attempt(run, { work: { kind: 'checkpoint', name: 'here' }, outbox })
    expect(outcome).toMatchObject({ status: 'completed', output: null, outboxApplied: 1 })
    expect(typesOf(await events(run))).toEqual([
      'run.started',
      'node.started 1',
      'checkpoint.created 1',
      'node.completed 1',
    ])
  })

  test('streams thousands of pieces in order', async () => {
    const { prompt, newRun, attempt, events } = executor()
    const run = await newRun()
    const pieces = Array.from({ length: 3000 }, (_, index) => ({ text: `${index} ` }))
    const whole = pieces.map(({ text }) => text).join('')
    const outcome = await attempt(run, { work: llm(prompt(pieces)) })
    expect(outcome.status).toBe('completed')
    expect(textOf(await events(run)) === whole).toBe(true)
  })
})
