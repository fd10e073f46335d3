import type { PendingPage, Run } from '@treadle/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, typesOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { child, documentOf, llm, receive } from './support/nodes.ts'

// Soon, so that runs continue as new while they are paused and while they wait.
const stack = useStack({
  temporalDatabase: 'file',
  temporalSettings: ['limit.historyCount.suggestContinueAsNew=60'],
  apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' },
})
const client = () => createClient(stack().url)
const runOf = async (id: string) => (await (await client().get(`/runs/${id}`)).json()) as Run
const logOf = (id: string) => collect(client().follow(id))
const pendingOf = async (id: string) => (await (await client().get(`/runs/${id}/pending`)).json()) as PendingPage
const NUMBER = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }

test('while a run is paused nothing begins, not even what needs no worker; what runs comes to its end', async () => {
  stack().model.enqueue([{ text: 'draft' }, { gate: 'paused' }])
  const nodes = {
    a: llm('Draft.'),
    s: { kind: 'set', value: 1, after: ['a'] },
    r: receive('go', { after: ['a'] }),
    c: child({ x: { kind: 'set', value: 2 } }, { after: ['a'] }),
  }
  const { id } = await client().start({ ir: documentOf(nodes) })
  await followUntil(client(), id, 'node.delta')
  await client().post(`/runs/${id}/pause`, { reason: 'lunch' })
  await followUntil(client(), id, 'run.paused')
  stack().model.open('paused')
  await followUntil(client(), id, 'node.completed')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await runOf(id)).toMatchObject({ status: 'paused', nodes: { total: 1, completed: 1 } })
  await client().post(`/runs/${id}/resume`)
  await followUntil(client(), id, 'run.waiting')
  await client().post(`/runs/${id}/signals/go`, '"on"')
  expect(await client().result(id)).toMatchObject({ output: { s: 1, r: 'on', c: { x: 2 } } })
  expect(faultsOf(await logOf(id))).toEqual([])
})

test('a pause reaches children and grandchildren, and so does the end of it', async () => {
  const steps = { a: receive('go'), b: { kind: 'set', value: 1, after: ['a'] } }
  const { id } = await client().start({ ir: documentOf({ c: child({ g: child(steps) }) }) })
  const childId = await childOf(id, 'c')
  const grandchildId = await childOf(childId, 'g')
  await followUntil(client(), grandchildId, 'run.waiting')
  await client().post(`/runs/${id}/pause`)
  await followUntil(client(), grandchildId, 'run.paused')
  await client().post(`/runs/${grandchildId}/signals/go`)
  await followUntil(client(), grandchildId, 'signal.received')
  await client().post(`/runs/${id}/resume`)
  expect(await client().result(id)).toMatchObject({ status: 'completed' })
  const order = typesOf(await logOf(grandchildId))
  expect(order.indexOf('node.started b')).toBeGreaterThan(order.indexOf('run.resumed'))
})

test('what waits is listed with its schema, its title and its time, and an answer that does not fit harms nothing', async () => {
  const nodes = {
    approval: receive('approve', { title: 'Refund ${input.amount}?', outputSchema: NUMBER, timeout: '24h' }),
    other: receive('other', { form: { widget: 'text' } }),
  }
  const { id } = await client().start({ ir: documentOf(nodes), input: { amount: 5 } })
  await followUntil(client(), id, 'run.waiting')
  const { items } = await pendingOf(id)
  expect(items).toHaveLength(2)
  expect(items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        node: 'approval',
        signal: 'approve',
        title: 'Refund 5?',
        schema: NUMBER,
        until: expect.any(String),
      }),
      expect.objectContaining({ node: 'other', signal: 'other', form: { widget: 'text' } }),
    ]),
  )
  expect((await client().post(`/runs/${id}/signals/approve`, { n: 'five' })).status).toBe(422)
  expect(await runOf(id)).toMatchObject({ status: 'waiting' })
  await client().post(`/runs/${id}/signals/approve`, { n: 5 })
  expect((await pendingOf(id)).items.map(({ node }) => node)).toEqual(['other'])
  await client().post(`/runs/${id}/signals/other`, null)
  expect(await client().result(id)).toMatchObject({ output: { approval: { n: 5 } } })
})

test('timers, waits and kept signals survive a restart of the worker and of Temporal', {
  timeout: 120_000,
}, async () => {
  const { workers, temporal } = stack()
  const nodes = {
    w: { kind: 'wait', for: '6s' },
    first: receive('first'),
    late: receive('late', { after: ['first'] }),
    times: receive('never', { timeout: '6s', default: 'nobody' }),
  }
  const { id } = await client().start({ ir: documentOf(nodes) })
  await followUntil(client(), id, 'node.started')
  await expect.poll(async () => (await pendingOf(id)).items.length).toBe(2)
  expect((await client().post(`/runs/${id}/signals/late`, '"kept"')).status).toBe(202)
  await workers[0]?.kill()
  await temporal.kill()
  await temporal.restart()
  await workers[0]?.restart()
  await expect
    .poll(
      async () => (await client().post(`/runs/${id}/signals/first`, '"in time"', { 'idempotency-key': 'one' })).status,
      { timeout: 30_000 },
    )
    .toBe(202)
  expect(await client().result(id)).toMatchObject({
    output: { w: null, first: 'in time', late: 'kept', times: 'nobody' },
  })
  expect(faultsOf(await logOf(id))).toEqual([])
})

test('a pause, a kept signal and a child live through continue-as-new, and the client sees one run', {
  timeout: 120_000,
}, async () => {
  const nodes = {
    busy: { kind: 'loop', max: 25, do: { kind: 'emit', event: 'tick', data: {} } },
    c: child({ x: receive('never-mind') }),
    early: receive('early', { after: ['busy'] }),
    more: { kind: 'loop', max: 25, do: { kind: 'emit', event: 'tock', data: {} }, after: ['early'] },
  }
  const { id } = await client().start({ ir: documentOf(nodes, { limits: { nodeRuns: 200, duration: '10m' } }) })
  expect((await client().post(`/runs/${id}/signals/early`, 1)).status).toBe(202)
  const childId = await childOf(id, 'c')
  for await (const { type, node } of client().follow(id)) if (type === 'node.completed' && node === 'busy#12') break
  await client().post(`/runs/${id}/pause`)
  await followUntil(client(), id, 'run.paused')
  await new Promise((resolve) => setTimeout(resolve, 500))
  await client().post(`/runs/${id}/resume`)
  await client().post(`/runs/${childId}/signals/never-mind`, 2)
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { early: 1, c: { x: 2 } } })
  const events = await logOf(id)
  expect(faultsOf(events)).toEqual([])
  expect(new Set(events.map(({ runId }) => runId))).toEqual(new Set([id]))
  const started = events.filter(({ type }) => type === 'node.started').map(({ node }) => node)
  expect(new Set(started).size).toBe(started.length)
  expect(await continuations(id)).toBeGreaterThan(0)
})

test('parallel receives each get theirs, and none is lost, whoever is killed', { timeout: 300_000 }, async () => {
  const { workers } = stack()
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 6 }),
    fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 10 }),
    fc.nat(10),
    async (receives, order, killAt) => {
      // Signals a, b, c in any order; of each name as many receives as signals, some of them one after another.
      const names = order.map((each) => 'abc'.charAt(each))
      const nodes = Object.fromEntries(
        names.map((name, index) => [
          `n${index}`,
          receive(name, index >= receives ? { after: [`n${index - receives}`] } : {}),
        ]),
      )
      const { id } = await client().start({ ir: documentOf(nodes) })
      const killed = (async () => {
        await new Promise((resolve) => setTimeout(resolve, 40 * killAt))
        if (killAt % 3 !== 0) return
        await workers[0]?.kill()
        await workers[0]?.restart()
      })()
      await Promise.all(names.map((name, index) => signalUntilTaken(id, name, { sent: index })))
      await killed
      const { output } = (await client().result(id)) as { output: Record<string, { sent: number }> }
      expect(
        Object.values(output)
          .map(({ sent }) => sent)
          .sort((a, b) => a - b),
      ).toEqual(names.map((_, index) => index))
      for (const [node, { sent }] of Object.entries(output)) {
        expect(names[sent], 'each got a signal of its name').toBe(names[Number(node.slice(1))])
      }
      const events = await logOf(id)
      expect(faultsOf(events)).toEqual([])
      expect(events.filter(({ type }) => type === 'signal.received')).toHaveLength(names.length)
    },
  )
  await fc.assert(property, { numRuns: process.env.TREADLE_TEST_FULL ? 40 : 6, endOnFailure: true })
})

test('a signal and a pause for a run that has not begun are kept for it', { timeout: 90_000 }, async () => {
  const startAt = new Date(Date.now() + 4_000).toISOString()
  const nodes = { s: { kind: 'set', value: 1 }, r: receive('go', { outputSchema: NUMBER }) }
  const { id } = await client().start({ ir: documentOf(nodes), startAt })
  expect((await client().post(`/runs/${id}/signals/go`, { n: 'x' })).status).toBe(422)
  const send = () => client().post(`/runs/${id}/signals/go`, { n: 7 }, { 'idempotency-key': 'early' })
  const [first, again] = [await send(), await send()]
  expect([first.status, again.status]).toEqual([202, 202])
  expect(await again.json()).toMatchObject({ id, signal: 'go', seq: 2 })
  await client().post(`/runs/${id}/pause`)
  await stack().api.kill()
  await stack().api.restart()
  await followUntil(client(), id, 'run.paused')
  expect(await runOf(id)).toMatchObject({ status: 'paused', nodes: { total: 0 } })
  await client().post(`/runs/${id}/resume`)
  expect(await client().result(id)).toMatchObject({ output: { s: 1, r: { n: 7 } } })
  const events = await logOf(id)
  expect(faultsOf(events)).toEqual([])
  expect(typesOf(events).slice(0, 4)).toEqual(['run.created', 'signal.received', 'run.started', 'run.paused'])
  expect(events.filter(({ type }) => type === 'signal.received')).toHaveLength(1)
})

/** A worker that is away is a 503, which may be repeated with the same key. */
async function signalUntilTaken(id: string, name: string, payload: object): Promise<void> {
  const key = `${id}-${JSON.stringify(payload)}`
  await expect
    .poll(
      async () => (await client().post(`/runs/${id}/signals/${name}`, payload, { 'idempotency-key': key })).status,
      {
        timeout: 60_000,
      },
    )
    .toBe(202)
}

async function childOf(id: string, node: string): Promise<string> {
  for await (const event of client().follow(id)) {
    const { childRunId } = event.data as { childRunId?: string }
    if (event.type === 'node.started' && event.node === node && childRunId !== undefined) return childRunId
  }
  throw new Error(`The node ${node} started no child.`)
}

/** How often the run continued as new. */
async function continuations(id: string): Promise<number> {
  const { Client, Connection } = await import('@temporalio/client')
  const connection = await Connection.connect({ address: stack().temporalAddress })
  let count = 0
  for await (const { status } of new Client({ connection }).workflow.list({ query: `WorkflowId = "default:${id}"` }))
    if (status.name === 'CONTINUED_AS_NEW') count += 1
  await connection.close()
  return count
}
