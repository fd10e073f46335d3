import type { OutboxEvent, RunRef } from '@treadle/contract'
import { createAppender, createPool } from '@treadle/storage'
import { expect, test } from 'vitest'
import { brief, readAll } from './support/events.ts'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

const claim = (run: RunRef, path: string, outbox: OutboxEvent[] = []) =>
  storage().appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox })
const delta = (run: RunRef, attempt: number, ordinal: number, text: string, offset: number) =>
  storage().appender.append({
    run,
    path: 'a',
    attempt,
    events: [{ ordinal, type: 'node.delta', data: { text, offset } }],
  })
const log = async (run: RunRef) => (await readAll(storage().log, run)).map(brief)

test('a claim starts the first attempt, and the end of it writes event and checkpoint together', async () => {
  const run = await storage().startRun()
  expect(await claim(run, 'a')).toMatchObject({ status: 'claimed', attempt: 1, failures: 0, deaths: 0 })
  const usage = { inputTokens: 2, outputTokens: 3, llmCalls: 1, costUsd: 0.25 }
  const end = { type: 'node.completed', ordinal: 1, output: { answer: 42 }, usage } as const
  expect(await storage().appender.end({ run, path: 'a', attempt: 1, events: [], end })).toMatchObject({
    accepted: true,
    lastSeq: 3,
  })
  const events = await readAll(storage().log, run)
  expect(events.map(brief)).toEqual(['run.created', 'node.started a#1', 'node.completed a#1'])
  expect(events[2]?.data).toEqual({ output: { answer: 42 }, usage, checkpoint: true })
  expect((await storage().runs.state('default', run.id))?.nodes).toEqual({
    a: { status: 'completed', attempt: 1, output: { answer: 42 } },
  })
  expect((await storage().runs.get('default', run.id))?.usage).toMatchObject(usage)
})

test('a claim of a node that has its checkpoint gets the output, and writes nothing', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const output = { $blob: { sha256: 'f'.repeat(64), size: 70_000 } }
  const end = { type: 'node.completed', ordinal: 1, output, usage: { llmCalls: 1 } } as const
  await storage().appender.end({ run, path: 'a', attempt: 1, events: [], end })
  expect(await claim(run, 'a')).toEqual({ status: 'done', output, usage: { llmCalls: 1 }, outboxApplied: 0 })
  const events = await readAll(storage().log, run)
  expect(events).toHaveLength(3)
  expect(events[2]?.data).toMatchObject({ ref: output.$blob })
})

test('a claim after an attempt that died says so in the log, and fences the dead one', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  await delta(run, 1, 1, 'lost', 0)
  expect(await claim(run, 'a')).toMatchObject({ status: 'claimed', attempt: 2, failures: 0, deaths: 1 })
  expect(await delta(run, 1, 2, 'late', 4)).toMatchObject({ accepted: false })
  expect(await delta(run, 2, 1, 'new', 0)).toMatchObject({ accepted: true })
  expect(await log(run)).toEqual([
    'run.created',
    'node.started a#1',
    'node.delta a#1',
    'node.retrying a#1',
    'node.started a#2',
    'node.delta a#2',
  ])
})

test('an attempt that says it will be retried counts as a failure, not as a death', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const error = { type: 'unavailable', message: 'away' }
  const end = { type: 'node.retrying', ordinal: 1, error, delayMs: 500 } as const
  await storage().appender.end({ run, path: 'a', attempt: 1, events: [], end })
  expect(await claim(run, 'a')).toMatchObject({ status: 'claimed', attempt: 2, failures: 1, deaths: 0 })
  expect(await log(run)).toEqual(['run.created', 'node.started a#1', 'node.retrying a#1', 'node.started a#2'])
})

test('a node that has failed for good fails its next claim with the same error', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const error = { type: 'auth', message: 'no key\u0000' }
  const end = { type: 'node.failed', ordinal: 1, error, caught: false } as const
  await storage().appender.end({ run, path: 'a', attempt: 1, events: [], end })
  expect(await claim(run, 'a')).toEqual({ status: 'failed', error, outboxApplied: 0 })
  expect(await log(run)).toHaveLength(3)
})

test('events that are stored already are dropped when they are sent again', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  await delta(run, 1, 1, 'one', 0)
  const events = [
    { ordinal: 1, type: 'node.delta', data: { text: 'one', offset: 0 } },
    { ordinal: 2, type: 'log', data: { level: 'info', message: 'two' } },
  ]
  const again = { run, path: 'a', attempt: 1, events }
  expect(await storage().appender.append(again)).toMatchObject({ accepted: true, lastSeq: 4 })
  expect(await storage().appender.append(again)).toMatchObject({ accepted: true, lastSeq: 4 })
  const end = { type: 'node.completed', ordinal: 3, output: null } as const
  await storage().appender.end({ ...again, end })
  expect(await storage().appender.end({ ...again, end })).toMatchObject({ accepted: true, lastSeq: 5 })
  expect(await log(run)).toEqual(['run.created', 'node.started a#1', 'node.delta a#1', 'log a#1', 'node.completed a#1'])
})

test('nothing is appended to a node that has ended', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  await storage().appender.end({ run, path: 'a', attempt: 1, events: [], end: { type: 'node.cancelled', ordinal: 1 } })
  expect(await delta(run, 1, 2, 'late', 0)).toMatchObject({ accepted: false })
  expect(await claim(run, 'a')).toEqual({ status: 'cancelled', outboxApplied: 0 })
})

test('pieces of text that wait together become one event, whose offset is that of the first', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  await Promise.all([delta(run, 1, 1, 'Grüß', 0), delta(run, 1, 2, ' 🌍', 4), delta(run, 1, 3, '!', 6)])
  await delta(run, 1, 4, '?', 7)
  const [, , joined, last] = await readAll(storage().log, run)
  expect([joined?.data, last?.data]).toEqual([
    { text: 'Grüß 🌍!', offset: 0 },
    { text: '?', offset: 7 },
  ])
})

test('thousands of pieces that wait together are a few events, which hold every character at its offset', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const pieces = Array.from({ length: 5_000 }, (_, index) => `${index}😀`)
  let offset = 0
  const results = await Promise.all(
    pieces.map((text, index) => {
      const sent = delta(run, 1, index + 1, text, offset)
      offset += [...text].length
      return sent
    }),
  )
  expect(results.every(({ accepted }) => accepted)).toBe(true)
  const texts = (await readAll(storage().log, run)).slice(2).map(({ data }) => data as { text: string; offset: number })
  expect(texts.map(({ text }) => text).join('')).toBe(pieces.join(''))
  expect(texts.map((event) => event.offset)).toEqual(
    texts.map(
      (_, index) =>
        [
          ...texts
            .slice(0, index)
            .map(({ text }) => text)
            .join(''),
        ].length,
    ),
  )
  expect(Math.max(...texts.map(({ text }) => text.length))).toBeLessThanOrEqual(8_192)
  expect(texts.length).toBeLessThan(10)
  expect(await delta(run, 1, 5_000, pieces.at(-1) ?? '', offset)).toMatchObject({ accepted: true }) // Sent again: stored already.
  expect(await log(run)).toHaveLength(2 + texts.length)
})

test('the end of one node and the claim of the next travel in one batch, in this order', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const [, next] = await Promise.all([
    storage().appender.end({
      run,
      path: 'a',
      attempt: 1,
      events: [],
      end: { type: 'node.completed', ordinal: 1, output: 1 },
    }),
    claim(run, 'b', [{ n: 1, type: 'node.skipped', node: 'c', data: {} }]),
  ])
  expect(next).toMatchObject({ status: 'claimed', attempt: 1, outboxApplied: 1 })
  const events = await readAll(storage().log, run)
  expect(events.slice(2).map(brief)).toEqual(['node.completed a#1', 'node.skipped c', 'node.started b#1'])
  expect(new Set(events.slice(2).map(({ time }) => time)).size).toBe(1)
})

test('the outbox is applied once and in order, however often and in whatever pieces it comes', async () => {
  const run = await storage().startRun()
  const outbox: OutboxEvent[] = [
    { n: 1, type: 'run.started', data: {} },
    { n: 2, type: 'node.started', node: 's', data: { kind: 'set' } },
    { n: 3, type: 'node.completed', node: 's', data: { output: 'x' } },
    { n: 4, type: 'node.started', node: 'w', data: { kind: 'receive', signal: 'go', title: 'Go?', schema: true } },
    { n: 5, type: 'run.waiting', data: { waiting: [{ node: 'w', signal: 'go' }] } },
  ]
  expect(await storage().appender.record({ run, outbox: outbox.slice(0, 2) })).toMatchObject({ outboxApplied: 2 })
  expect(await storage().appender.record({ run, outbox: outbox.slice(3) })).toMatchObject({ outboxApplied: 2 })
  const results = await Promise.all([
    claim(run, 'a', outbox.slice(0, 4)),
    claim(run, 'b', outbox),
    claim(run, 'a', outbox),
  ])
  expect(results.map(({ outboxApplied }) => outboxApplied)).toEqual([5, 5, 5])
  const started = [
    'run.created',
    'run.started',
    'node.started s#1',
    'node.completed s#1',
    'node.started w#1',
    'run.waiting',
  ]
  expect((await log(run)).slice(0, 6)).toEqual(started)
  expect(await storage().runs.waiting('default', run.id)).toMatchObject([
    { path: 'w', signal: 'go', title: 'Go?', schema: true },
  ])
  expect(await storage().runs.get('default', run.id)).toMatchObject({ status: 'waiting' })
  expect(await claim(run, 's')).toMatchObject({ status: 'done', output: 'x' })
})

test('an end that two could write is written by whoever comes first', async () => {
  const run = await storage().startRun()
  for (const path of ['a', 'b']) await claim(run, path)
  await storage().appender.end({
    run,
    path: 'a',
    attempt: 1,
    events: [],
    end: { type: 'node.completed', ordinal: 1, output: 1 },
  })
  const error = { type: 'internal', message: 'gone' }
  const outbox: OutboxEvent[] = [
    { n: 1, type: 'node.failed', node: 'a', ifOpen: true, data: { error } },
    { n: 2, type: 'node.failed', node: 'b', ifOpen: true, data: { error } },
    { n: 3, type: 'node.cancelled', node: 'b', ifOpen: true, data: {} },
    { n: 4, type: 'node.failed', node: 'never started', ifOpen: true, data: { error } },
  ]
  expect(await storage().appender.record({ run, outbox })).toMatchObject({ outboxApplied: 4 })
  expect((await log(run)).slice(3)).toEqual(['node.completed a#1', 'node.failed b#1'])
  const end = { type: 'node.completed', ordinal: 1, output: 1 } as const
  expect(await storage().appender.end({ run, path: 'b', attempt: 1, events: [], end })).toMatchObject({
    accepted: false,
  })
})

test('after the last event of a run nothing is appended to it, and the first last event stands', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const outbox: OutboxEvent[] = [
    { n: 1, type: 'run.completed', data: { output: { done: true } } },
    { n: 2, type: 'run.failed', data: { error: { type: 'internal', message: 'no' } } },
  ]
  expect(await storage().appender.record({ run, outbox })).toMatchObject({ outboxApplied: 1, ended: true })
  expect(await storage().appender.record({ run, outbox })).toMatchObject({ outboxApplied: 1, ended: true })
  expect(await delta(run, 1, 1, 'late', 0)).toMatchObject({ accepted: false })
  expect(await claim(run, 'b')).toEqual({ status: 'ended', outboxApplied: 1 })
  const closed = await storage().runs.close({
    run,
    type: 'run.cancelled',
    data: { forced: true },
    engineStatus: 'TERMINATED',
  })
  expect(closed).toBe(false)
  expect((await log(run)).at(-1)).toBe('run.completed')
  expect(await storage().runs.get('default', run.id)).toMatchObject({
    status: 'completed',
    output: { done: true },
    endedSeq: 3,
  })
})

test('every append tells that a cancel was asked for, and the last event says why', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  expect(await storage().runs.requestCancel('default', run.id, 'too "slow"')).toBe('requested')
  expect(await storage().runs.requestCancel('default', run.id, 'again')).toBe('already')
  expect(await delta(run, 1, 1, 'x', 0)).toMatchObject({ accepted: true, cancelRequested: true })
  await storage().appender.record({ run, outbox: [{ n: 1, type: 'run.cancelled', data: { usage: { llmCalls: 1 } } }] })
  expect((await readAll(storage().log, run)).at(-1)?.data).toEqual({ reason: 'too "slow"', usage: { llmCalls: 1 } })
  expect(await storage().runs.requestCancel('default', run.id)).toBe('ended')
})

test('a run that does not exist counts as ended', async () => {
  const run = { id: 'run_none', tenant: 'default', createdAt: new Date().toISOString() }
  expect(await claim(run, 'a')).toEqual({ status: 'ended', outboxApplied: 0 })
  expect(await storage().appender.record({ run, outbox: [{ n: 1, type: 'run.started', data: {} }] })).toMatchObject({
    ended: true,
  })
})

test('a call that Postgres cannot take fails alone, and those in its batch do not', async () => {
  const run = await storage().startRun()
  await claim(run, 'a')
  const bad = storage().appender.record({ run, outbox: [{ n: 1, type: 'log', node: 'nul\0', data: {} }] })
  const good = delta(run, 1, 1, 'fine', 0)
  await expect(bad).rejects.toThrow(/invalid byte sequence/)
  expect(await good).toMatchObject({ accepted: true })
})

test('a batch whose connection is cut is sent again, and is in the log once', async () => {
  const { admin, urls } = storage()
  const run = await storage().startRun()
  await claim(run, 'a')
  const pool = createPool({ url: urls.workerUrl, applicationName: 'to be cut', max: 1 })
  const appender = createAppender({ pool })
  const locker = await admin.connect()
  await locker.query('begin')
  await locker.query('select from treadle.runs where id = $1 for update', [run.id])
  const pending = appender.append({ run, path: 'a', attempt: 1, events: [{ ordinal: 1, type: 'log', data: {} }] })
  await blocked(pool.options.application_name ?? '')
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', ['to be cut'])
  await locker.query('commit')
  locker.release()
  expect(await pending).toMatchObject({ accepted: true, lastSeq: 3 })
  expect((await log(run)).slice(2)).toEqual(['log a#1'])
  await appender.close()
  await pool.end()

  /** Resolves when a statement of that name waits for a lock. */
  async function blocked(name: string): Promise<void> {
    const text = "select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'"
    while ((await admin.query(text, [name])).rowCount === 0);
  }
})

test('while its log says that a run is paused a segment begins no node, and goes on with those that have begun', async () => {
  const run = await storage().startRun()
  const claimInSegment = (path: string, outbox: OutboxEvent[] = []) =>
    storage().appender.claim({ run, path, kind: 'emit', runtime: 'typescript', outbox, after: [] })
  expect(await claimInSegment('a')).toMatchObject({ status: 'claimed', attempt: 1 })
  const paused = [{ n: 1, type: 'run.paused', data: {} }] as const
  expect(await claimInSegment('b', [...paused])).toMatchObject({ status: 'paused', outboxApplied: 1 })
  expect(await claimInSegment('b')).toMatchObject({ status: 'paused' })
  expect(await claimInSegment('a')).toMatchObject({ status: 'claimed', attempt: 2 })
  expect(await claim(run, 'c')).toMatchObject({ status: 'claimed' })
  const resumed = [...paused, { n: 2, type: 'run.resumed', data: {} }] as const
  expect(await claimInSegment('b', [...resumed])).toMatchObject({ status: 'claimed', attempt: 1 })
  expect(await log(run)).toEqual([
    ...['run.created', 'node.started a#1', 'run.paused', 'node.retrying a#1', 'node.started a#2', 'node.started c#1'],
    ...['run.resumed', 'node.started b#1'],
  ])
})

test('a claim whose answer was lost gets the attempt that it got', async () => {
  const { urls } = storage()
  const run = await storage().startRun()
  const pool = createPool({ url: urls.workerUrl, applicationName: 'forgetful', max: 1 })
  const query = pool.query.bind(pool) as (statement: unknown) => Promise<unknown>
  let lost = 0
  const forgetful = async (statement: unknown) => {
    const result = await query(statement)
    if (lost++ < 2) throw new Error('The connection was lost after the commit.')
    return result
  }
  const appender = createAppender({ pool: Object.assign(pool, { query: forgetful }) })
  const request = { run, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] } as const
  expect(await appender.claim({ ...request, outbox: [] })).toMatchObject({ status: 'claimed', attempt: 1, deaths: 0 })
  // Sent three times as the step that it is, and then, since that has been made already, as what anything may be.
  expect([lost, await log(run)]).toEqual([4, ['run.created', 'node.started a#1']])
  await appender.close()
  await pool.end()
})

test('past its bound the appender lets callers wait, and no longer than it must', async () => {
  const { worker } = storage()
  const run = await storage().startRun()
  await claim(run, 'a')
  const appender = createAppender({ pool: worker, bytesMax: 1_000 })
  await appender.room()
  const events = [{ ordinal: 1, type: 'log', data: { level: 'info', message: 'x'.repeat(2_000) } }]
  const appended = appender.append({ run, path: 'a', attempt: 1, events })
  let room = false
  const waited = appender.room().then(() => {
    room = true
  })
  await Promise.resolve()
  expect(room).toBe(false)
  await Promise.all([appended, waited])
  await appender.close()
  await expect(appender.append({ run, path: 'a', attempt: 1, events })).rejects.toThrow('closed')
})
