import type { Run, RunResult } from '@treadle/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { child, documentOf, llm, receive } from './support/nodes.ts'

// A million tokens cost a dollar in and ten out.
const MODELS = JSON.stringify({ scripted: { maxOutputTokens: 100, inputPrice: 1, outputPrice: 10 } })
const stack = useStack({ temporalDatabase: 'file', env: { TREADLE_MODELS: MODELS } })
const client = () => createClient(stack().url)
const runOf = async (id: string) => (await (await client().get(`/runs/${id}`)).json()) as Run
const logOf = (id: string) => collect(client().follow(id))
const resume = (id: string, limits?: object) => client().post(`/runs/${id}/resume`, limits && { limits })

/** A run that has its nodes: what a document takes at least has to be within its limits, so `when` makes it unknown. */
const start = (nodes: object, limits: object) =>
  client().start({ ir: documentOf(nodes, { limits }), input: { run: true } })

/** Nodes one after the other. */
const chain = (count: number, of: (index: number) => object = (index) => llm(`Call ${index}`)): object =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `n${index}`,
      { when: 'input.run', ...of(index), ...(index > 0 && { after: [`n${index - 1}`] }) },
    ]),
  )

/** What Postgres counts for the tree of the run. */
async function spent(id: string) {
  const [row] = await rowsOf<{ llmCalls: number; tokens: number; nodeRuns: number; reserved: number }>(
    stack(),
    `select b.llm_calls::integer as "llmCalls", b.tokens::integer as tokens, b.node_runs::integer as "nodeRuns",
      (select count(*)::integer from treadle.reservations v where v.budget_runs[1] = b.run_id) as reserved
    from treadle.budgets b where b.run_id = $1`,
    [id],
  )
  if (!row) throw new Error(`The run ${id} has no budget.`)
  return row
}

test('the call that would pass the limit is not made, and the error names limit and figure', async () => {
  const before = stack().model.requests.length
  const { id } = await start(chain(3), { llmCalls: 2 })
  expect(await client().result(id)).toMatchObject({
    status: 'failed',
    error: { type: 'budget_exceeded', node: 'n2', details: { limit: 'llmCalls', max: 2, used: 2, wanted: 1 } },
    usage: { llmCalls: 2 },
  })
  expect(stack().model.requests.length - before).toBe(2)
  const events = await logOf(id)
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.failed', data: { usage: { llmCalls: 2 } } })
  expect(await spent(id)).toMatchObject({ llmCalls: 2, reserved: 0 })
})

test('a budget that was passed is not caught, in a child neither', async () => {
  const nodes = {
    g: {
      kind: 'graph',
      nodes: { c: child(chain(2), { input: { run: true } }) },
      catch: [{ on: '*', do: { kind: 'set', value: 'caught' } }],
    },
  }
  const { id } = await start(nodes, { llmCalls: 1 })
  expect(await client().result(id)).toMatchObject({ status: 'failed', error: { type: 'budget_exceeded' } })
})

test('retries and repair turns are requests', async () => {
  for (const step of [{ error: { status: 429 } }, { text: 'no JSON' }, { text: '{"value":1}' }])
    stack().model.enqueue([step])
  const node = llm('A number.', {
    outputSchema: { type: 'integer' },
    retry: { maxAttempts: 3, initialInterval: '1s' },
  })
  const { id } = await client().start({ ir: documentOf({ a: node }, { limits: { llmCalls: 3 } }) })
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { a: 1 }, usage: { llmCalls: 3 } })
  expect(await spent(id)).toMatchObject({ llmCalls: 3, nodeRuns: 1, reserved: 0 })
})

test('tokens are reserved for the longest answer, and settled by the usage', async () => {
  const { id } = await start(chain(3), { tokens: 400 })
  const result = await client().result(id)
  // Each call reserves 100 for its answer and takes far less: only by settling is there room for three.
  expect(result).toMatchObject({ status: 'completed' })
  const { inputTokens = 0, outputTokens = 0, costUsd = 0 } = result.usage ?? {}
  expect(await spent(id)).toMatchObject({ tokens: inputTokens + outputTokens, reserved: 0 })
  expect(costUsd).toBeCloseTo((inputTokens + 10 * outputTokens) / 1e6, 8)
  expect(await runOf(id)).toMatchObject({ costUsd, usage: result.usage })
  expect((await logOf(id)).at(-1)).toMatchObject({ data: { costUsd, usage: result.usage } })

  const small = await start(chain(1), { tokens: 110 })
  expect(await client().result(small.id)).toMatchObject({
    error: { type: 'budget_exceeded', details: { limit: 'tokens', max: 110, used: 0 } },
  })
  const dear = await start(chain(1), { costUsd: 0.001 })
  expect(await client().result(dear.id)).toMatchObject({
    error: { type: 'budget_exceeded', details: { limit: 'costUsd', max: 0.001, used: 0 } },
  })
})

test('nodeRuns counts what the workflow computes too, before it does, and skipped nodes not', async () => {
  const nodes = chain(6, (index) => ({ kind: 'set', value: index, when: index === 1 ? '!input.run' : 'input.run' }))
  const skipping = await start(nodes, { nodeRuns: 5 })
  expect(await client().result(skipping.id)).toMatchObject({ status: 'completed' })
  const l = { kind: 'loop', max: 50, do: { kind: 'set', value: '${iteration}' }, until: 'iteration > 30' }
  const { id } = await start({ l }, { nodeRuns: 10 })
  expect(await client().result(id)).toMatchObject({
    status: 'failed',
    error: { type: 'budget_exceeded', details: { limit: 'nodeRuns', max: 10, used: 10 } },
  })
  expect((await logOf(id)).filter(({ type }) => type === 'node.started')).toHaveLength(10)
})

test('a child’s nodes count in the run that limits them', async () => {
  const tick = { kind: 'emit', event: 'tick', data: {} }
  const nodes = {
    c: child(
      chain(9, () => tick),
      { input: { run: true } },
    ),
  }
  const { id } = await start(nodes, { nodeRuns: 5 })
  expect(await client().result(id)).toMatchObject({ status: 'failed', error: { type: 'budget_exceeded' } })
  // The node of the child is the workflow’s own: it may be told after four of the child have been counted.
  expect([5, 6]).toContain((await spent(id)).nodeRuns)
})

test('with pause the run waits for a higher limit, says why, and tries the blocked call again', async () => {
  const { id } = await start(chain(3), { llmCalls: 1, onExceeded: 'pause' })
  const seen = await followUntil(client(), id, 'run.paused')
  expect(seen.at(-1)).toMatchObject({ data: { reason: expect.stringMatching(/llmCalls.* of 1 /) } })
  expect(await runOf(id)).toMatchObject({ status: 'paused' })
  expect((await resume(id, { costUsd: 1 })).status).toBe(400)
  expect((await resume(id)).status).toBe(202) // Nothing is raised, so it is paused again.
  await until(id, 'run.paused', 2)
  expect((await resume(id, { llmCalls: 2 })).status).toBe(202)
  await until(id, 'run.paused', 3)
  expect((await resume(id, { llmCalls: 5 })).status).toBe(202)
  expect(await client().result(id)).toMatchObject({ status: 'completed', usage: { llmCalls: 3 } })
  const events = await logOf(id)
  expect(faultsOf(events)).toEqual([])
  expect(await spent(id)).toMatchObject({ llmCalls: 3, nodeRuns: 3, reserved: 0 })
})

test('a run that a limit has paused can be cancelled', async () => {
  const { id } = await start(chain(2), { llmCalls: 1, onExceeded: 'pause' })
  await followUntil(client(), id, 'run.paused')
  await client().post(`/runs/${id}/cancel`)
  expect(await client().result(id)).toMatchObject({ status: 'cancelled' })
  expect(faultsOf(await logOf(id))).toEqual([])
})

test('a child that meets its parent’s limit pauses both, and both go on when the parent’s is raised', async () => {
  const nodes = { c: child({ g: child(chain(2), { input: { run: true } }) }) }
  const { id } = await start(nodes, { llmCalls: 1, onExceeded: 'pause' })
  await followUntil(client(), id, 'run.paused')
  await resume(id, { llmCalls: 2 })
  expect(await client().result(id)).toMatchObject({ status: 'completed', usage: { llmCalls: 2 } })
})

test('nodeRuns pauses too, whether a worker or the workflow meets it', async () => {
  for (const node of [
    { kind: 'set', value: 1 },
    { kind: 'emit', event: 'tick', data: {} },
  ]) {
    const { id } = await start(
      chain(4, () => node),
      { nodeRuns: 3, onExceeded: 'pause' },
    )
    await followUntil(client(), id, 'run.paused')
    await resume(id, { nodeRuns: 4 })
    expect(await client().result(id)).toMatchObject({ status: 'completed' })
    expect(faultsOf(await logOf(id))).toEqual([])
  }
})

test('duration does not count the time in which a person is waited for', async () => {
  const nodes = { a: receive('go'), w: { kind: 'wait', for: '60s', after: ['a'] } }
  const { id } = await start(nodes, { duration: '2s' })
  await followUntil(client(), id, 'run.waiting')
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(await runOf(id)).toMatchObject({ status: 'waiting' })
  await client().post(`/runs/${id}/signals/go`)
  expect(await client().result(id)).toMatchObject({
    status: 'failed',
    error: { type: 'budget_exceeded', details: { limit: 'duration', max: 2_000 } },
  })
  expect(faultsOf(await logOf(id))).toEqual([])
})

test('duration pauses, and a longer one lets the run go on', async () => {
  const nodes = { w: { kind: 'wait', for: '3s' }, b: { kind: 'set', value: 1, after: ['w'] } }
  const { id } = await start(nodes, { duration: '1s', onExceeded: 'pause' })
  await followUntil(client(), id, 'run.paused')
  await resume(id, { durationMs: 60_000 })
  expect(await client().result(id)).toMatchObject({ status: 'completed' })
})

test('an attempt that died keeps nothing of the budget but its call', { timeout: 120_000 }, async () => {
  const { model, workers } = stack()
  model.enqueue([{ text: 'half' }, { hang: true }])
  const { id } = await start(chain(1), { tokens: 300, llmCalls: 2 })
  await followUntil(client(), id, 'node.delta')
  model.enqueue([{ text: 'whole' }])
  await workers[0]?.kill()
  await workers[0]?.restart()
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: { n0: 'whole' } })
  expect(await spent(id)).toMatchObject({ llmCalls: 2 })
})

test('however many branches and children call at once, the sum passes no limit', { timeout: 120_000 }, async () => {
  const property = fc.asyncProperty(
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 0, max: 4 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 200, max: 1_500 }),
    async (branches, children, llmCalls, tokens) => {
      const own = Object.fromEntries(Array.from({ length: branches }, (_, i) => [`b${i}`, llm(`Branch ${i}`)]))
      const below = Object.fromEntries(
        Array.from({ length: children }, (_, i) => [`c${i}`, child({ x: llm('X'), y: llm('Y') })]),
      )
      const nodes = Object.fromEntries(
        Object.entries({ ...own, ...below }).map(([name, node]) => [name, { ...node, when: 'input.run' }]),
      )
      const { id } = await start(nodes, { llmCalls, tokens })
      const result: RunResult = await client().result(id)
      const sum = await spent(id)
      expect(sum.llmCalls).toBeLessThanOrEqual(llmCalls)
      expect(sum.tokens).toBeLessThanOrEqual(tokens)
      expect(sum.reserved).toBe(0)
      const wanted = branches + 2 * children
      if (wanted > llmCalls) expect(result.error?.type).toBe('budget_exceeded')
      else if (result.status !== 'completed') expect(result.error?.message).toMatch(/`tokens`/)
    },
  )
  await fc.assert(property, { numRuns: process.env.TREADLE_TEST_FULL ? 60 : 8, endOnFailure: true })
})

/** Follows the run until the `count`-th event of that type. */
async function until(id: string, type: string, count: number): Promise<StreamEvent> {
  let left = count
  for await (const event of client().follow(id)) {
    if (event.type === type) left -= 1
    if (left === 0) return event
  }
  throw new Error(`The stream ended without ${type}.`)
}
