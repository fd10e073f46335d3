import { describe, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, readEvents, type StreamEvent, textOf, typesOf } from './support/client.ts'
import { ASK, ECHO } from './support/documents.ts'

const stack = useStack()
const client = () => createClient(stack().url)

test('a run goes all the way, and its tokens arrive before the node has completed', async () => {
  const { model } = stack()
  model.enqueue([{ text: 'Forty' }, { gate: 'middle' }, { text: '-two' }])
  const run = await client().start({ ir: ASK, input: { question: 'what?' } })

  const events: StreamEvent[] = []
  for await (const event of client().follow(run.id)) {
    events.push(event)
    // The model says no more until the first half has been seen here.
    if (textOf(events, 'answer') === 'Forty') model.open('middle')
  }

  expect(faultsOf(events)).toEqual([])
  expect(textOf(events, 'answer')).toBe('Forty-two')
  expect(events.map(({ id, seq }) => [id, seq])).toEqual(events.map(({ seq }) => [String(seq), seq]))
  expect(typesOf(events)).toEqual([
    'run.created',
    'run.started',
    'node.started answer',
    ...events.filter(({ type }) => type === 'node.delta').map(() => 'node.delta answer'),
    'node.completed answer',
    'run.completed',
  ])
  expect(await client().result(run.id)).toEqual({
    id: run.id,
    status: 'completed',
    output: { answer: 'Forty-two' },
    usage: expect.objectContaining({ llmCalls: 1, outputTokens: 2 }),
  })
})

test('the run shows what it used, and its state what it computed', async () => {
  const run = await client().start({ ir: ASK, input: { question: 'how much?' } })
  await client().result(run.id)
  const answer = await client().get(`/runs/${run.id}`)
  const shown = (await answer.json()) as Record<string, unknown>
  expect(shown).toMatchObject({
    id: run.id,
    status: 'completed',
    usage: { llmCalls: 1, outputTokens: expect.any(Number) },
    nodes: { total: 1, completed: 1, running: 0, failed: 0 },
  })
  const unchanged = await client().get(`/runs/${run.id}`, { 'if-none-match': answer.headers.get('etag') ?? '' })
  expect(unchanged.status).toBe(304)
  const state = (await (await client().get(`/runs/${run.id}/state`)).json()) as Record<string, unknown>
  expect(state).toMatchObject({ status: 'completed', nodes: { answer: { status: 'completed', attempt: 1 } } })
})

test('a node that fails fails the run, and its result says why', async () => {
  stack().model.enqueue([{ error: { status: 401, message: 'no such key' } }])
  const run = await client().start({ ir: ASK, input: { question: 'who?' } })
  const events = await collect(client().follow(run.id))
  expect(faultsOf(events)).toEqual([])
  expect(await client().result(run.id)).toMatchObject({ status: 'failed', error: { type: 'auth', node: 'answer' } })
})

describe('POST /runs answers as it is asked', () => {
  test('with the result, where the client waits for it', async () => {
    const answer = await client().post('/runs', { ir: ECHO, input: { n: 7 } }, { prefer: 'wait=30' })
    expect([answer.status, answer.headers.get('preference-applied')]).toEqual([200, 'wait=30'])
    expect(await answer.json()).toMatchObject({ status: 'completed', output: { n: 7 } })
  })

  test('with the stream, where the client asks for events', async () => {
    const answer = await client().post('/runs', { ir: ECHO, input: { n: 7 } }, { accept: 'text/event-stream' })
    expect(answer.status).toBe(200)
    const events = await collect(readEvents(answer))
    expect(answer.headers.get('location')).toBe(`/runs/${events[0]?.runId}`)
    expect(faultsOf(events)).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { output: { n: 7 } } })
  })

  test('with a problem before the stream begins', async () => {
    const answer = await client().post('/runs', { ir: { name: 'x' } }, { accept: 'text/event-stream' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      422,
      expect.stringContaining('application/problem+json'),
    ])
  })
})
