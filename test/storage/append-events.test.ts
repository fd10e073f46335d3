import type { EventType, RunRef } from '@treadle/contract'
import { createAppender, createPool } from '@treadle/storage'
import { expect, onTestFinished, test, vi } from 'vitest'
import { brief, readAll } from './support/events.ts'
import { type Call, playCalls } from './support/play.ts'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

const claim =
  (path: string): Call =>
  (appender, run) =>
    appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: [] })
const events =
  (path: string, attempt: number, ordinals: number[], data: object = { text: 'x', offset: 0 }): Call =>
  (appender, run) => {
    const type: EventType = 'text' in data ? 'node.delta' : 'log'
    return appender.append({ run, path, attempt, events: ordinals.map((ordinal) => ({ ordinal, type, data })) })
  }
const end =
  (path: string, attempt: number, ordinal: number): Call =>
  (appender, run) =>
    appender.end({ run, path, attempt, events: [], end: { type: 'node.completed', ordinal, output: 1 } })
const record: Call = (appender, run) =>
  appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: 'done' } }] })

const STRANGE = 'items["a\\"b\n🌍"].call'

/** Each line is called in one turn. */
const TURNS: Call[][] = [
  [claim('a'), claim('b'), claim(STRANGE)],
  [
    events('a', 1, [1, 2, 3, 4, 5]),
    events('b', 1, [1]),
    events(STRANGE, 1, [1, 2], { note: 'control \u0001 and "quotes"' }),
  ],
  [events('a', 1, [4, 5]), events('b', 1, [2])], // Sent again.
  [events('a', 1, [5, 6, 7])], // A part of it sent again.
  [events('a', 1, [8], { text: 'x'.repeat(9_000), offset: 3 }), events('b', 1, [3])], // More than a notification holds.
  [events('c', 1, [1]), events('b', 1, [4])], // Not claimed.
  [claim('a')], // Its first attempt died.
  [events('a', 1, [9]), events('b', 1, [5])],
  [events('a', 1, [10])],
  [events('a', 2, [1])],
  [end('b', 1, 6)],
  [events('b', 1, [7]), events('a', 2, [2])],
  [record],
  [events('a', 2, [3])],
]

test('events of attempts that go on are stored as in company, where the statement for all cases stores them', async () => {
  const alone = await playCalls(storage(), TURNS, 2)
  const beside = await playCalls(storage(), TURNS, 2, true)
  expect(alone.statements).toContain('treadle append events')
  expect(beside.statements).not.toContain('treadle append events')
  expect(alone.answers).toEqual(beside.answers)
  expect(alone.stored).toEqual(beside.stored)
  expect(alone.told).toEqual(beside.told)
  expect(alone.told.map(brief).slice(4)).toEqual([
    ...Array(5).fill('node.delta a#1'),
    'node.delta b#1',
    ...Array(2).fill(`log ${STRANGE}#1`),
    'node.delta b#1',
    ...Array(2).fill('node.delta a#1'),
    'node.delta a#1',
    'node.delta b#1',
    'node.delta b#1',
    'node.retrying a#1',
    'node.started a#2',
    'node.delta b#1',
    'node.delta a#2',
    'node.completed b#1',
    'node.delta a#2',
    'run.completed',
  ])
})

test('batches of the same runs in opposite orders wait for each other, and never for ever', async () => {
  const { urls, log, startRun } = storage()
  const runs = await Promise.all(Array.from({ length: 20 }, () => startRun()))
  const sentAgain: unknown[] = [] // As the appender does when Postgres broke a deadlock.
  const writers = await Promise.all(
    ['a', 'b'].map(async (path) => {
      const pool = createPool({ url: urls.workerUrl, applicationName: 'test events' })
      onTestFinished(() => pool.end())
      const appender = createAppender({ pool, log: { info() {}, error() {}, warn: (facts) => sentAgain.push(facts) } })
      await Promise.all(runs.map((run) => claim(path)(appender, run)))
      return { path, appender }
    }),
  )
  await Promise.all(
    writers.map(async ({ path, appender }) => {
      const own = path === 'a' ? runs : [...runs].reverse()
      for (let ordinal = 1; ordinal <= 100; ordinal += 1) {
        await Promise.all(own.map((run) => events(path, 1, [ordinal], { ordinal })(appender, run)))
      }
    }),
  )
  expect(sentAgain).toEqual([])
  for (const run of runs) {
    const stored = await readAll(log, run)
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 203 }, (_, index) => index + 1))
    for (const path of ['a', 'b']) {
      const told = stored.filter(({ type, node }) => type === 'log' && node === path)
      expect(told.map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, index) => ({ ordinal: index + 1 })))
    }
  }
})

test('after tokens of several runs it lingers: until time is over, a batch waits, or a call that somebody waits for', async () => {
  const { urls, startRun } = storage()
  const runs = await Promise.all(Array.from({ length: 40 }, () => startRun()))
  const pool = createPool({ url: urls.workerUrl, applicationName: 'test events' })
  onTestFinished(() => pool.end())
  const appender = createAppender({ pool })
  await Promise.all(runs.map((run) => claim('a')(appender, run)))
  await appender.flush()
  let ordinal = 0
  let stored = 0
  const send = (of: number) => {
    ordinal += 1
    const calls = runs.slice(0, of).map((run) => events('a', 1, [ordinal], { ordinal })(appender, run))
    for (const call of calls) void call.then(() => stored++)
    return Promise.all(calls)
  }
  const aWhile = () => storage().admin.query('select pg_sleep(0.05)')

  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) // Time is over when the test says so.
  onTestFinished(() => void vi.useRealTimers())
  await send(2)
  void send(3)
  await aWhile()
  expect(stored, 'it lingers').toBe(2)
  vi.runAllTimers()
  await aWhile()
  expect(stored, 'the time is over').toBe(5)

  void send(3)
  await aWhile()
  expect(stored).toBe(5)
  await end('a', 1, 1_000)(appender, runs[39] as RunRef)
  expect(stored, 'somebody waits for an end').toBe(8)

  void send(3)
  await aWhile()
  expect(stored).toBe(8)
  await send(30)
  expect(stored, 'a batch waits').toBe(41)

  await appender.flush()
  for (let token = 1; token <= 3; token += 1) await send(1)
  expect(stored, 'tokens of a single run never wait').toBe(44)
})
