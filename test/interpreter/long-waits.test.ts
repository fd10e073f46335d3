import { ApplicationFailure } from '@temporalio/common'
import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, type Run, silenceTemporal, startEngineOn } from './support/engine.ts'
import { type SkippingServer, startSkippingServer } from './support/skipping-server.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const YEAR = 365 * DAY
/** What a run may take beside its waits: the clock goes on while something is executed. */
const WORK = 60_000

let server: SkippingServer
let engine: Engine
beforeAll(async () => {
  silenceTemporal()
  server = await startSkippingServer()
  engine = await startEngineOn(server)
})
afterAll(() => engine?.stop())

test('a run waits for 30 days between two calls', async () => {
  const plan = planOf({
    nodes: {
      before: { kind: 'llm' },
      month: { kind: 'wait', forMs: 30 * DAY, after: ['before'] },
      later: { kind: 'llm', after: ['month'] },
    },
    output: '${nodes.later}',
  })
  const run = await engine.start(plan)
  expect(await run.handle.result()).toBe('later')
  expect(await timeSeen(run)).toSatisfy(between(30 * DAY))
  expect(run.log.lines()).toEqual([
    'run.started',
    'node.started before',
    'node.completed before',
    'node.started month',
    'node.completed month',
    'node.started later',
    'node.completed later',
    'run.completed',
  ])
})

test('twelve waits of a month each, one after the other in a loop', async () => {
  const plan = planOf({
    nodes: {
      months: {
        kind: 'loop',
        state: 0,
        max: 12,
        do: {
          nodes: {
            month: { kind: 'wait', forMs: 30 * DAY },
            next: { kind: 'set', value: '${state + 1}', after: ['month'] },
          },
          output: '${nodes.next}',
        },
      },
    },
    output: '${nodes.months}',
  })
  const run = await engine.start(plan)
  expect(await run.handle.result()).toBe(12)
  expect(await timeSeen(run)).toSatisfy(between(12 * 30 * DAY))
})

test('nobody answers for a year: the default is taken', async () => {
  const plan = planOf({ nodes: { a: { kind: 'receive', signal: 'go', timeoutMs: YEAR, default: 'nobody' } } })
  const run = await engine.start(plan)
  expect(await run.handle.result()).toEqual({ a: 'nobody' })
  expect(await timeSeen(run)).toSatisfy(between(YEAR))
  expect(run.log.lines()).toEqual([
    'run.started',
    'node.started a',
    'run.waiting',
    'run.resumed',
    'node.completed a',
    'run.completed',
  ])
})

test('a wait that is longer than its timeout of a year ends by that', async () => {
  const plan = planOf({ nodes: { a: { kind: 'wait', forMs: 2 * YEAR, timeoutMs: YEAR } } })
  const run = await engine.start(plan)
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'timeout' } })
  expect(await timeSeen(run)).toSatisfy(between(YEAR))
  expect(run.log.lines().at(-1)).toBe('run.failed')
})

test('a call that may be tried again in six hours is, three times', async () => {
  const plan = planOf({ nodes: { a: { kind: 'llm' } } })
  let attempts = 0
  const run = await engine.start(plan, {
    work() {
      attempts += 1
      if (attempts < 4) throw ApplicationFailure.create({ type: 'unavailable', nextRetryDelay: 6 * HOUR })
      return 'at last'
    },
  })
  expect(await run.handle.result()).toEqual({ a: 'at last' })
  expect(await timeSeen(run)).toSatisfy(between(18 * HOUR))
  expect(run.log.lines().filter((line) => line === 'node.retrying a')).toHaveLength(3)
})

test('the duration of a run, of 90 days, cuts off a wait of a year', async () => {
  const plan = planOf({ nodes: { a: { kind: 'wait', forMs: YEAR } } })
  const run = await engine.start({ ...plan, limits: { durationMs: 90 * DAY, onExceeded: 'fail' } })
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { type: 'budget_exceeded' } })
  expect(await timeSeen(run)).toSatisfy(between(90 * DAY))
  expect(run.log.lines().slice(-2)).toEqual(['node.cancelled a', 'run.failed'])
})

test('a cancel in the middle of a wait of a year ends the run as cancelled, there and then', async () => {
  const run = await engine.start(planOf({ nodes: { a: { kind: 'wait', forMs: YEAR } } }))
  await run.log.until('node.started', 'a')
  await server.skip(YEAR / 2)
  expect(run.log.lines()).toEqual(['run.started', 'node.started a'])
  await run.handle.cancel()
  await expect(run.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect((await run.handle.describe()).status.name).toBe('CANCELLED')
  expect(await timeSeen(run)).toSatisfy(between(YEAR / 2))
  expect(run.log.lines().slice(2)).toEqual(['node.cancelled a', 'run.cancelled'])
})

/** How far the clock went that the workflow saw: its `Date.now()` is the time at which its task started. */
async function timeSeen({ handle }: Run): Promise<number> {
  const { events } = await handle.fetchHistory()
  const times = (events ?? [])
    .filter((event) => event.workflowTaskStartedEventAttributes)
    .map(({ eventTime }) => Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6)
  return (times.at(-1) ?? Number.NaN) - (times[0] ?? Number.NaN)
}

const between = (least: number) => (ms: number) => ms >= least && ms < least + WORK
