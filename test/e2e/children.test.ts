import { newRunId, type Run } from '@treadle/contract'
import { describe, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, readEvents, type StreamEvent, typesOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { child, documentOf, llm, receive } from './support/nodes.ts'

// Soon, so that a parent continues as new while it waits.
const stack = useStack({
  temporalDatabase: 'file',
  temporalSettings: ['limit.historyCount.suggestContinueAsNew=60'],
  apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' },
})
const client = () => createClient(stack().url)
const runOf = async (id: string) => (await (await client().get(`/runs/${id}`)).json()) as Run
const logOf = (id: string) => collect(client().follow(id))

/** All runs of documents named `child` that the run has started. */
async function childrenOf(id: string): Promise<Run[]> {
  const { items } = (await (await client().get('/runs?workflow=child&limit=200')).json()) as { items: Run[] }
  return items.filter(({ parent }) => parent === id)
}

/** The child of the node, once it is known. */
async function childOf(id: string, node: string): Promise<string> {
  for await (const event of client().follow(id)) {
    const { childRunId } = event.data as { childRunId?: string }
    if (event.type === 'node.started' && event.node === node && childRunId !== undefined) return childRunId
  }
  throw new Error(`The node ${node} started no child.`)
}

test('a child is a run of its own, which its parent names and gives the output of', async () => {
  const { id } = await client().start({
    ir: documentOf(
      { c: child({ double: { kind: 'set', value: '${input.n * 2}' } }, { input: { n: '${input.n}' } }) },
      { output: '${nodes.c.double}' },
    ),
    input: { n: 21 },
  })
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: 42 })
  const childId = await childOf(id, 'c')
  expect(await runOf(childId)).toMatchObject({ status: 'completed', parent: id, workflow: { name: 'child' } })
  expect(typesOf(await logOf(childId))).toEqual([
    'run.created',
    'run.started',
    'node.started double',
    'node.completed double',
    'run.completed',
  ])
  expect((await logOf(childId))[0]?.data).toEqual({ workflow: 'child', parent: id })
})

test('parent and child are followed on one stream', async () => {
  stack().model.enqueue([{ text: 'from the ' }, { gate: 'joint' }, { text: 'child' }])
  const { id } = await client().start({ ir: documentOf({ c: child({ a: llm('Say.') }) }) })
  const childId = await childOf(id, 'c')
  const answer = await client().get(`/stream?runId=${id}&runId=${childId}`)
  stack().model.open('joint')
  const events = await collect(readEvents(answer))
  const of = (runId: string) => events.filter((event) => event.runId === runId)
  expect(faultsOf(of(id))).toEqual([])
  expect(faultsOf(of(childId))).toEqual([])
  const text = of(childId).map(({ data }) => (data as { text?: string }).text ?? '')
  expect(text.join('')).toBe('from the child')
})

test('a stored workflow runs as a child in the version that it began with', async () => {
  const store = (value: number) =>
    fetch(`${stack().url}/workflows/stored-child`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...documentOf({ a: { kind: 'set', value } }), name: 'stored-child' }),
    })
  expect((await store(1)).ok).toBe(true)
  const { id } = await client().start({ ir: documentOf({ c: { kind: 'run', workflow: 'stored-child@1' } }) })
  await store(2)
  expect(await client().result(id)).toMatchObject({ output: { c: { a: 1 } } })
  expect(await runOf(await childOf(id, 'c'))).toMatchObject({ workflow: { name: 'stored-child', version: '1' } })
})

test('a child’s failure is its node’s, and can be caught; so can an input that does not fit', async () => {
  const failing = child({ f: { kind: 'fail', type: 'mine', message: 'no' } })
  const picky = child(
    { a: { kind: 'set', value: 1 } },
    { input: { n: '${input.n}' } },
    {
      inputSchema: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } },
    },
  )
  const caught = (node: object, on: string) => ({
    ...node,
    catch: [{ on: [on], do: { kind: 'set', value: '${error.type}' } }],
  })
  const { id } = await client().start({
    ir: documentOf({ f: caught(failing, 'mine'), p: caught(picky, 'invalid_request') }),
    input: { n: 'none' },
  })
  expect(await client().result(id)).toMatchObject({ output: { f: 'mine', p: 'invalid_request' } })
  expect(await runOf(await childOf(id, 'f'))).toMatchObject({ status: 'failed', error: { type: 'mine' } })
})

test('cancel reaches children and grandchildren, and waits for them', async () => {
  stack().model.enqueue([{ text: 'Once' }, { hang: true }])
  const { id } = await client().start({ ir: documentOf({ c: child({ g: child({ slow: llm('A tale.') }) }) }) })
  const childId = await childOf(id, 'c')
  const grandchildId = await childOf(childId, 'g')
  await followUntil(client(), grandchildId, 'node.delta')
  await client().post(`/runs/${id}/cancel`, { reason: 'enough' })
  const logs = await Promise.all([id, childId, grandchildId].map(logOf))
  for (const events of logs) {
    expect(faultsOf(events)).toEqual([])
    expect(events.at(-1)?.type).toBe('run.cancelled')
  }
  const ends = await Promise.all([id, childId, grandchildId].map(async (each) => (await runOf(each)).endedAt ?? ''))
  expect([...ends].sort().reverse()).toEqual(ends)
})

test('a detached child goes on when its parent has ended, and cancelling the parent leaves it alone', async () => {
  const detached = child({ wait: receive('go') }, { mode: 'detach' })
  const { id } = await client().start({ ir: documentOf({ c: detached }) })
  const { output } = (await client().result(id)) as { output?: { c: { runId: string } } }
  const childId = output?.c.runId ?? ''
  await followUntil(client(), childId, 'run.waiting')
  await client().post(`/runs/${childId}/signals/go`, '"on"')
  expect(await client().result(childId)).toMatchObject({ status: 'completed', output: { wait: 'on' } })
  expect(await runOf(childId)).toMatchObject({ parent: id })
})

test('runs nested without end come to one, each with its lineage', async () => {
  let nodes: object = { a: { kind: 'set', value: 1 } }
  for (let depth = 0; depth < 9; depth++) nodes = { c: child(nodes) }
  const answer = await client().post('/runs', { ir: documentOf(nodes) })
  if (answer.status === 422) {
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'too-deep' }] })
    return
  }
  const { id } = (await answer.json()) as Run
  expect(await client().result(id)).toMatchObject({ status: 'failed', error: { type: 'limit_reached' } })
})

test('a child is started exactly once, whenever the workers are killed', { timeout: 120_000 }, async () => {
  const { workers } = stack()
  const body = documentOf({
    m: {
      kind: 'map',
      over: 'input.items',
      maxItems: 12,
      concurrency: 3,
      do: child({ a: { kind: 'set', value: '${input.item}' } }, { input: { item: '${item}' } }),
    },
  })
  const items = Array.from({ length: 12 }, (_, index) => index)
  const { id } = await client().start({ ir: body, input: { items } })
  for (let kills = 0; kills < 4; kills++) {
    await new Promise((resolve) => setTimeout(resolve, 150 + kills * 130))
    await workers[0]?.kill()
    await workers[0]?.restart()
  }
  expect(await client().result(id)).toMatchObject({ output: { m: items.map((a) => ({ a })) } })
  const events = await logOf(id)
  expect(faultsOf(events)).toEqual([])
  const ids = events.flatMap(({ type, data }) =>
    type === 'node.started' && 'childRunId' in (data as object) ? [(data as { childRunId: string }).childRunId] : [],
  )
  expect(new Set(ids).size).toBe(items.length)
  for (const each of ids) {
    const log = await logOf(each)
    expect(faultsOf(log)).toEqual([])
    expect(log.filter(({ type }) => type === 'run.started')).toHaveLength(1)
  }
  expect((await childrenOf(id)).map((run) => run.id).sort()).toEqual([...ids].sort())
})

test('a child that ends while its parent continues as new, and while the worker is away, is heard', {
  timeout: 120_000,
}, async () => {
  const { model, workers } = stack()
  model.enqueue([{ gate: 'late' }, { text: 'late' }])
  const { id } = await client().start({
    ir: documentOf({
      c: child({ slow: llm('Slow.') }),
      busy: { kind: 'loop', max: 30, do: { kind: 'emit', event: 'tick', data: {} } },
    }),
  })
  const childId = await childOf(id, 'c')
  for await (const { type, node } of client().follow(id)) if (type === 'node.completed' && node === 'busy') break
  await workers[0]?.kill()
  model.open('late')
  await workers[0]?.restart()
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { c: { slow: expect.any(String) } } })
  expect(faultsOf(await logOf(id))).toEqual([])
  expect(faultsOf(await logOf(childId))).toEqual([])
})

test('a child whose parent is terminated does not stay behind', { timeout: 90_000 }, async () => {
  const { id } = await client().start({ ir: documentOf({ c: child({ wait: receive('never') }) }) })
  const childId = await childOf(id, 'c')
  await followUntil(client(), childId, 'run.waiting')
  await client().post(`/runs/${id}/terminate`)
  const events = await logOf(childId)
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'The run that started it has ended.' } })
})

test('a child that is terminated is heard by its parent', { timeout: 90_000 }, async () => {
  const { id } = await client().start({ ir: documentOf({ c: child({ wait: receive('never') }) }) })
  const childId = await childOf(id, 'c')
  await followUntil(client(), childId, 'run.waiting')
  await client().post(`/runs/${childId}/terminate`, { reason: 'stuck' })
  expect(await client().result(id)).toMatchObject({ status: 'failed', error: { type: 'cancelled', node: 'c' } })
  expect(faultsOf(await logOf(id))).toEqual([])
})

test('the usage of children counts in their parent’s', async () => {
  const { id } = await client().start({
    ir: documentOf({ own: llm('One.'), c: child({ a: llm('Two.'), g: child({ b: llm('Three.') }) }) }),
  })
  const result = (await client().result(id)) as { usage?: { llmCalls?: number; outputTokens?: number } }
  const own = (events: StreamEvent[]) =>
    events.flatMap(({ type, data }) => (type === 'node.completed' ? [(data as Run).usage?.outputTokens ?? 0] : []))
  const outputTokens = own(await logOf(id)).reduce((sum, each) => sum + each, 0)
  expect(result).toMatchObject({ usage: { llmCalls: 3, outputTokens } })
  expect(outputTokens).toBeGreaterThan(0)
  expect((await logOf(id)).at(-1)).toMatchObject({
    type: 'run.completed',
    data: { usage: { llmCalls: 3, outputTokens } },
  })
  expect(await runOf(id)).toMatchObject({ usage: { llmCalls: 3, outputTokens } })
})

describe('A worker that dies between the row of a child and the start of its workflow', () => {
  const workflow = documentOf({ a: llm('Say.') }, { name: 'child' })

  /** A run whose worker has died there. The others are away until `revive`. */
  async function dieBetween(mode: string) {
    const id = newRunId()
    const [worker] = stack().workers
    await worker?.stop()
    const dying = await stack().startWorker({ NODE_ENV: 'test', TREADLE_CRASH_AT: `child.stored ${id} c 1` })
    await client().start({ id, ir: documentOf({ c: { kind: 'run', workflow, mode } }) })
    await dying.child.exited
    return { id, revive: () => worker?.restart() }
  }

  test.each(['wait', 'detach'])('leaves one child, which runs once, %s', { timeout: 120_000 }, async (mode) => {
    const asked = stack().model.requests.length
    const { id, revive } = await dieBetween(mode)
    expect(await childrenOf(id)).toMatchObject([{ status: 'pending' }])
    await revive()
    expect(await client().result(id)).toMatchObject({ status: 'completed' })
    const [child, ...others] = await childrenOf(id)
    expect(others).toEqual([])
    expect(await client().result(child?.id ?? '')).toMatchObject({ status: 'completed' })
    for (const each of [id, child?.id ?? '']) expect(faultsOf(await logOf(each))).toEqual([])
    expect(stack().model.requests.length - asked).toBe(1)
  })

  test.each(['wait', 'detach'])(
    'leaves none that goes on when the run is cancelled then, %s',
    { timeout: 120_000 },
    async (mode) => {
      const asked = stack().model.requests.length
      const { id, revive } = await dieBetween(mode)
      await client().post(`/runs/${id}/cancel`, { reason: 'enough' })
      await revive()
      expect(await client().result(id)).toMatchObject({ status: 'cancelled' })
      const [child, ...others] = await childrenOf(id)
      expect(others).toEqual([])
      expect(await client().result(child?.id ?? '')).toMatchObject({ status: 'cancelled' })
      for (const each of [id, child?.id ?? '']) expect(faultsOf(await logOf(each))).toEqual([])
      expect(stack().model.requests.length).toBe(asked)
    },
  )
})
