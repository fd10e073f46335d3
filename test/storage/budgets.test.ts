import { newRunId, type Plan, type PlanLimits, type RunRef } from '@treadle/contract'
import {
  type Budgets,
  type CallBounds,
  type CallKey,
  type CallUsage,
  createAppender,
  createBudgets,
  createPool,
} from '@treadle/storage'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { PLAN, useStorage } from './support/storage.ts'

const storage = useStorage()
let budgets: Budgets
beforeAll(() => {
  budgets = createBudgets({ pool: storage().worker })
})

const startRun = (limits: Partial<PlanLimits>, parent?: string) => {
  const plan = { ...PLAN, limits: { onExceeded: 'fail', ...limits } } as Plan
  return storage().startRun({ plan: { hash: JSON.stringify(limits), plan }, ...(parent !== undefined && { parent }) })
}
const claim = (run: RunRef, path: string) =>
  storage().appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: [] })
const never = new AbortController().signal
const reserve = (call: CallKey, most: CallBounds) => budgets.reserve(call, most, never)
const settle = (call: CallKey, used: CallUsage) => budgets.settle(call, used, never)
const key = (run: RunRef, path = 'a', call = 1, attempt = 1) => ({ run, path, attempt, call })
const bounds = (requestTokens: number, answerTokens?: number, usd?: number) => ({
  requestTokens,
  answerTokens,
  requestUsd: usd === undefined ? undefined : 0,
  answerUsd: usd,
})
const spent = async (run: RunRef) => {
  const text = 'select node_runs, llm_calls, tokens, cost_usd from treadle.budgets where run_id = $1'
  const { rows } = await storage().admin.query(text, [run.id])
  return rows[0] && Object.fromEntries(Object.entries(rows[0]).map(([name, value]) => [name, Number(value)]))
}

test('a run without limits has no budget, and its claims say so', async () => {
  const run = await startRun({ durationMs: 1_000 })
  expect(await claim(run, 'a')).toMatchObject({ status: 'claimed', limited: false })
  expect(await reserve(key(run), bounds(1, 1_000_000))).toEqual({ status: 'reserved' })
  expect(await spent(run)).toBeUndefined()
})

test('what a call may take is reserved before it, and what it took is in its place after it; either may be repeated', async () => {
  const run = await startRun({ tokens: 1_000, llmCalls: 2, costUsd: 0.3 })
  expect(await claim(run, 'a')).toMatchObject({ limited: true })
  for (let times = 0; times < 2; times++)
    expect(await reserve(key(run), bounds(100, 500, 0.2))).toEqual({ status: 'reserved' })
  expect(await spent(run)).toEqual({ node_runs: 1, llm_calls: 1, tokens: 600, cost_usd: 0.2 })
  expect(await reserve(key(run, 'a', 2), bounds(1, 500, 0.1))).toEqual({
    status: 'refused',
    error: {
      type: 'budget_exceeded',
      message: 'The limit `tokens` of 1000 would be passed: 600 used or reserved, and 501 more wanted.',
      details: { limit: 'tokens', max: 1_000, used: 600, wanted: 501, run: run.id, onExceeded: 'fail' },
    },
  })
  for (let times = 0; times < 2; times++) await settle(key(run), { tokens: 80, usd: 0.1 })
  expect(await spent(run)).toEqual({ node_runs: 1, llm_calls: 1, tokens: 80, cost_usd: 0.1 })
  // 0.1 + 0.2 is 0.3: money is not counted in binary fractions.
  expect(await reserve(key(run, 'a', 2), bounds(1, 500, 0.2))).toEqual({ status: 'reserved' })
  expect(await reserve(key(run, 'a', 3), bounds(1, 1, 0))).toMatchObject({
    error: { details: { limit: 'llmCalls', max: 2, used: 2, wanted: 1 } },
  })
})

test('what nobody can bound or price is refused where that is limited, as a fault of the document', async () => {
  const run = await startRun({ tokens: 1_000, onExceeded: 'pause' })
  await claim(run, 'a')
  expect(await reserve(key(run), bounds(10))).toMatchObject({
    status: 'refused',
    error: { type: 'invalid_request', details: { limit: 'tokens' } },
  })
  const priced = await startRun({ costUsd: 1 })
  await claim(priced, 'a')
  expect(await reserve(key(priced), bounds(10, 10))).toMatchObject({
    error: { type: 'invalid_request', details: { limit: 'costUsd' } },
  })
})

test('an attempt that died gives back what its answer might have taken, and its call stays counted', async () => {
  const run = await startRun({ tokens: 1_000, llmCalls: 9 })
  await claim(run, 'a')
  await reserve(key(run), bounds(100, 800))
  await claim(run, 'a')
  expect(await reserve(key(run, 'a', 1, 1), bounds(1, 1))).toEqual({ status: 'fenced' })
  expect(await reserve(key(run, 'a', 1, 2), bounds(100, 800))).toEqual({ status: 'reserved' })
  expect(await spent(run)).toMatchObject({ llm_calls: 2, tokens: 1_000 })
  await settle(key(run, 'a', 1, 1), { tokens: 900, usd: undefined }) // Late: it was settled for it.
  await settle(key(run, 'a', 1, 2), { tokens: 50, usd: undefined })
  expect(await spent(run)).toMatchObject({ tokens: 150 })
})

test('a node that nobody executes any more keeps nothing reserved, nor does a run that has ended', async () => {
  const root = await startRun({ tokens: 1_000 })
  const child = await startRun({}, root.id)
  await claim(child, 'a')
  await reserve(key(child), bounds(0, 1_000))
  await claim(root, 'a')
  expect(await reserve(key(root), bounds(0, 1))).toMatchObject({ status: 'refused' })
  await storage().runs.close({ run: child, engineStatus: 'TERMINATED', type: 'run.cancelled', data: { forced: true } })
  expect(await reserve(key(root), bounds(0, 1_000))).toEqual({ status: 'reserved' })
})

test('nodeRuns counts paths once, whoever starts them, and an agent’s calls not at all', async () => {
  const run = await startRun({ nodeRuns: 3, onExceeded: 'pause' })
  const started = { n: 1, type: 'node.started', node: 'b', data: { kind: 'set' } } as const
  for (let times = 0; times < 2; times++) {
    await claim(run, 'a')
    await storage().appender.record({ run, outbox: [started] })
  }
  await claim(run, 'b~0.model')
  expect(await spent(run)).toMatchObject({ node_runs: 2 })
  expect(await claim(run, 'c')).toMatchObject({ status: 'claimed' })
  const refused = {
    error: { type: 'budget_exceeded', details: { limit: 'nodeRuns', max: 3, used: 3, onExceeded: 'pause' } },
  }
  expect(await claim(run, 'd')).toMatchObject({ status: 'refused', ...refused })
  expect(await claim(run, 'c')).toMatchObject({ status: 'claimed', attempt: 2 })
  // What the workflow did itself is done; it is told.
  const more = { ...started, n: 2, node: 'e' }
  expect(await storage().appender.record({ run, outbox: [more] })).toMatchObject({
    outboxApplied: 2,
    exceeded: refused,
  })
  expect(await spent(run)).toMatchObject({ node_runs: 4 })
})

test('a child counts against its own limits and its parent’s; raised is the innermost that has the limit', async () => {
  const root = await startRun({ tokens: 100, nodeRuns: 50 })
  const child = await startRun({ tokens: 50, llmCalls: 5 }, root.id)
  const grandchild = await startRun({}, child.id)
  await claim(grandchild, 'a')
  expect(await reserve(key(grandchild), bounds(10, 41))).toMatchObject({
    error: { details: { run: child.id, limit: 'tokens', max: 50 } },
  })
  expect(await storage().runs.requestResume('default', grandchild.id, { tokens: 200, costUsd: 1 })).toEqual(['costUsd'])
  expect(await storage().runs.requestResume('default', grandchild.id, { tokens: 200, nodeRuns: 60 })).toEqual([])
  expect(await reserve(key(grandchild), bounds(10, 91))).toMatchObject({
    error: { details: { run: root.id, limit: 'tokens', max: 100 } },
  })
  expect(await reserve(key(grandchild), bounds(10, 90))).toEqual({ status: 'reserved' })
  await settle(key(grandchild), { tokens: 7, usd: undefined })
  expect([await spent(root), await spent(child)]).toMatchObject([
    { tokens: 7, llm_calls: 1, node_runs: 1 },
    { tokens: 7, llm_calls: 1, node_runs: 1 },
  ])
})

test('however many reserve at once, in however many runs and processes, no limit is passed, and nothing is left reserved', async () => {
  const pool = createPool({ url: storage().urls.workerUrl, applicationName: 'test worker 2' })
  const others = [
    { budgets, appender: storage().appender },
    { budgets: createBudgets({ pool }), appender: createAppender({ pool }) },
  ]
  const call = fc.record({
    child: fc.nat(3),
    worker: fc.nat(1),
    request: fc.nat(40),
    answer: fc.nat(80),
    used: fc.double({ min: 0, max: 1, noNaN: true }),
    fate: fc.constantFrom('settles', 'settles', 'settles', 'dies', 'repeats'),
  })
  const property = fc.asyncProperty(
    fc.array(call, { minLength: 5, maxLength: 25 }),
    fc.integer({ min: 50, max: 800 }),
    fc.integer({ min: 1, max: 20 }),
    async (calls, tokens, nodeRuns) => {
      const root = await startRun({ tokens, nodeRuns, llmCalls: 15 })
      const ids = await Promise.all([0, 1, 2].map(() => startRun({ tokens: 300 }, root.id)))
      const runs = [root, ...ids]
      let died = 0
      const outcomes = await Promise.all(
        calls.map(async ({ child, worker, request, answer, used, fate }, index) => {
          const [run, own] = [runs[child] ?? root, others[worker] ?? others[0]]
          if (!own) throw new Error('There are two workers.')
          const path = `n${index}`
          const claimed = await own.appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: [] })
          if (claimed.status !== 'claimed') return 0
          const { status } = await own.budgets.reserve(key(run, path), bounds(request, answer), never)
          if (status !== 'reserved') return 0
          if (fate === 'repeats') await own.budgets.reserve(key(run, path), bounds(request, answer), never)
          if (fate === 'dies') {
            died += 1
            return 0
          }
          const took = Math.floor((request + answer) * used)
          await own.budgets.settle(key(run, path), { tokens: took, usd: undefined }, never)
          if (fate === 'repeats') await own.budgets.settle(key(run, path), { tokens: took, usd: undefined }, never)
          return took
        }),
      )
      const sum = await spent(root)
      expect(sum?.tokens).toBeLessThanOrEqual(tokens)
      expect(sum?.llm_calls).toBeLessThanOrEqual(15)
      expect(sum?.node_runs).toBeLessThanOrEqual(nodeRuns)
      const took = outcomes.reduce((all, each) => all + each, 0)
      if (died === 0) expect(sum?.tokens).toBe(took)
      else expect(sum?.tokens).toBeGreaterThanOrEqual(took)
      const { rows } = await storage().admin.query(
        'select count(*)::integer as left from treadle.reservations where budget_runs[1] = $1',
        [root.id],
      )
      expect(rows[0].left).toBe(died)
    },
  )
  try {
    await fc.assert(property, { numRuns: process.env.TREADLE_TEST_FULL ? 200 : 15 })
  } finally {
    await Promise.all(others.slice(1).map(({ appender }) => appender.close()))
    await pool.end()
  }
})

test('a parent that does not exist is no budget', async () => {
  const run = await startRun({}, newRunId())
  expect(await claim(run, 'a')).toMatchObject({ limited: false })
})
