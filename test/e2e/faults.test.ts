import { createBridge } from '@treadle/bridge'
import { HANDLERS, newRunId, workflowIdOf } from '@treadle/contract'
import { expect, test } from 'vitest'
import { replayFaults, withTemporal } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'
import {
  collect,
  createClient,
  type Frame,
  faultsOf,
  readFrames,
  type StreamEvent,
  textOf,
  typesOf,
} from './support/client.ts'
import { ASK, ECHO, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack({ temporalDatabase: 'file', apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' } })
const client = () => createClient(stack().url)

test('a worker that is killed in the middle of a stream is taken over from, and the log says so, in order', {
  timeout: 120_000,
}, async () => {
  const { model, workers } = stack()
  model.enqueue([{ text: 'half an ans' }, { hang: true }])
  const { id } = await client().start({ ir: ASK, input: { question: 'killed?' } })
  const reading = collect(client().follow(id))
  await followUntil(client(), id, 'node.delta')
  model.enqueue([{ text: 'the whole answer' }])
  await workers[0]?.kill()
  await workers[0]?.restart()

  const events = await reading
  expect(faultsOf(events)).toEqual([])
  expect(textOf(events, 'answer')).toBe('the whole answer')
  const order = typesOf(events.filter(({ type }) => type !== 'node.delta'))
  expect(order).toEqual([
    'run.created',
    'run.started',
    'node.started answer',
    'node.retrying answer',
    'node.started answer',
    'node.completed answer',
    'run.completed',
  ])
  expect(events.filter(({ type }) => type === 'node.started').map(({ attempt }) => attempt)).toEqual([1, 2])
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { answer: 'the whole answer' } })
})

test('an API that is killed while a client follows a run is resumed from, after its restart', async () => {
  const { model, api } = stack()
  model.enqueue([{ text: 'before ' }, { gate: 'api-killed' }, { text: 'after' }])
  const { id } = await client().start({ ir: ASK, input: { question: 'api?' } })
  const events: StreamEvent[] = []
  const reading = (async () => {
    for await (const event of client().follow(id)) events.push(event)
  })().catch(() => {}) // The connection breaks: that is what is tested.
  await expect.poll(() => textOf(events, 'answer')).toBe('before ')
  await api.kill()
  await reading
  model.open('api-killed')
  await api.restart()
  for await (const event of client().follow(id, { after: events.at(-1)?.id ?? 0 })) events.push(event)
  expect(faultsOf(events)).toEqual([])
  expect(textOf(events, 'answer')).toBe('before after')
})

test('runs that are accepted while Temporal is away, and the API dies, are started exactly once', {
  timeout: 120_000,
}, async () => {
  const { api, temporal } = stack()
  await temporal.kill()
  const ids = Array.from({ length: 5 }, () => newRunId())
  for (const id of ids) {
    const answer = await client().post('/runs', { ir: ECHO, id, input: { id } })
    expect(answer.status).toBe(201)
  }
  await api.kill() // Between the commit and the start, for all five.
  await Promise.all([temporal.restart(), api.restart()])

  for (const id of ids) {
    expect(await client().result(id)).toMatchObject({ status: 'completed', output: { id } })
    const events = await collect(client().follow(id))
    expect(faultsOf(events)).toEqual([])
    expect(events.filter(({ type }) => type === 'run.started')).toHaveLength(1)
    // The client, which never learned what became of its request, asks again.
    const again = await client().post('/runs', { ir: ECHO, id, input: { id } })
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
  }
})

test('a run that somebody ends in Temporal itself gets its last event', { timeout: 90_000 }, async () => {
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  const bridge = createBridge({ address: stack().temporalAddress, namespace: 'default' })
  await bridge.terminate(workflowIdOf('default', id), 'cleaning up')
  await bridge.close()
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { forced: true, reason: 'cleaning up' } })
  expect(await (await client().get(`/runs/${id}`)).json()).toMatchObject({ status: 'cancelled' })
})

test('a run that is to start later stays pending until then', async () => {
  const startAt = new Date(Date.now() + 3_000).toISOString()
  const { id } = await client().start({ ir: ECHO, startAt })
  expect(await (await client().get(`/runs/${id}`)).json()).toMatchObject({ status: 'pending' })
  const events = await collect(client().follow(id))
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['run.started', 'run.completed']))
  const started = events.find(({ type }) => type === 'run.started')
  expect(Date.parse(started?.time ?? '')).toBeGreaterThanOrEqual(Date.parse(startAt))
})

test('a run that is to start later can be cancelled before', async () => {
  const { id } = await client().start({ ir: ECHO, startAt: '2999-01-01T00:00:00.000Z' })
  const answer = await client().post(`/runs/${id}/cancel`, { reason: 'never mind' })
  expect([answer.status, await answer.json()]).toEqual([202, { id, status: 'cancelled' }])
  const events = await collect(client().follow(id))
  expect(typesOf(events)).toEqual(['run.created', 'run.cancelled'])
})

test('a server that stops says goodbye to its streams, and they go on where they were', async () => {
  const { api } = stack()
  const { id } = await client().start({ ir: WAIT })
  const seen = await followUntil(client(), id, 'run.waiting')
  const frames: Frame[] = []
  let stopping: Promise<void> | undefined
  for await (const frame of readFrames(await client().get(`/runs/${id}/stream`))) {
    frames.push(frame)
    if (frame.id === String(seen.length)) stopping = api.stop()
  }
  await stopping
  expect(frames.at(-1)).toEqual({ event: 'bye', data: '{"reason":"shutting-down"}' })
  await api.restart()
  const rest = collect(client().follow(id, { after: seen.length }))
  await client().post(`/runs/${id}/signals/approve`, {})
  expect((await rest).map(({ seq }) => seq)[0]).toBe(seen.length + 1)
})

test('a signal that comes before a worker has begun the run is heard, and the run is replayed to the same commands', async () => {
  const { tools, workers } = stack()
  tools.when({ path: '/step' }, { json: {} })
  await workers[0]?.stop()
  const ir = {
    ir: 'treadle/v1',
    name: 'early-signal',
    tools: { step: { kind: 'http', url: `${tools.url}/step`, timeout: '5s' } },
    nodes: {
      before: { kind: 'tool', tool: 'step', args: {} },
      approval: { kind: 'receive', signal: 'approve', after: ['before'] },
      paid: { kind: 'tool', tool: 'step', args: {}, after: ['approval'] },
    },
  }
  const { id } = await client().start({ ir })
  const delivery = { id: 'early', name: 'approve', payload: { ok: true } }
  await withTemporal(stack(), async (temporal) => {
    const handle = temporal.workflow.getHandle(workflowIdOf('default', id))
    // A run is accepted before Temporal has it.
    await expect
      .poll(() =>
        handle.describe().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    await handle.signal(HANDLERS.signal, delivery)
  })
  await workers[0]?.restart()
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { approval: { ok: true } } })
  expect(await replayFaults(stack(), [id])).toEqual([])
})
