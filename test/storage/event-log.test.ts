import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net'
import type { RunRef } from '@treadle/contract'
import { createAppender, createEventLog, createPool, type EventLog, type SerialisedEvent } from '@treadle/storage'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAll } from './support/events.ts'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

/** Appends `count` log events to the first attempt of the node `a`, from ordinal `from` on, each in a batch of its own. */
async function append(run: RunRef, from: number, count: number, message = 'x'): Promise<void> {
  for (let ordinal = from; ordinal < from + count; ordinal++) {
    const events = [{ ordinal, type: 'log', data: { level: 'info', message: `${message}${ordinal}` } }]
    await storage().appender.append({ run, path: 'a', attempt: 1, events })
  }
}

async function startRun(): Promise<RunRef> {
  const run = await storage().startRun()
  await storage().appender.claim({ run, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] })
  return run
}

const endRun = (run: RunRef) =>
  storage().appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: 1 } }] })
const seqs = (events: readonly { seq: number }[]) => events.map(({ seq }) => seq)
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, index) => from + index)

async function collect(stream: AsyncIterable<SerialisedEvent[]>): Promise<SerialisedEvent[]> {
  const events: SerialisedEvent[] = []
  for await (const batch of stream) events.push(...batch)
  return events
}

test('the log is read in pages, after and up to a position', async () => {
  const run = await startRun()
  await append(run, 1, 8)
  const { log } = storage()
  const page = await log.read('default', run.id, { after: 3, limit: 4 })
  expect([seqs(page?.events ?? []), page?.lastSeq, page?.ended]).toEqual([[4, 5, 6, 7], 10, false])
  const bounded = await log.read('default', run.id, { after: 3, limit: 100, upTo: 5 })
  expect(seqs(bounded?.events ?? [])).toEqual([4, 5])
  expect((await log.read('default', run.id, { after: 10, limit: 100 }))?.events).toEqual([])
  expect(await log.read('default', 'run_none', { after: 0, limit: 1 })).toBeUndefined()
  // As far as JSON can count.
  expect((await log.read('default', run.id, { after: Number.MAX_SAFE_INTEGER - 1, limit: 2 }))?.events).toEqual([])
})

test('an event has its type and node beside its line, whatever the node is called', async () => {
  const run = await storage().startRun()
  const path = 'map["ké\\"y\\u0000\n"].x'
  await storage().appender.claim({ run, path, kind: 'set', runtime: 'go', outbox: [] })
  const page = await storage().log.read('default', run.id, { after: 1, limit: 10 })
  expect(page?.events[0]).toMatchObject({ seq: 2, type: 'node.started', node: path })
  expect(JSON.parse(page?.events[0]?.json ?? '')).toMatchObject({ runId: run.id, node: path, attempt: 1 })
  expect(page?.events[0]?.json).not.toContain('\n')
})

test('a page has the very lines of `treadle.envelope`, whatever time and zone it is, and whatever a node is called', async () => {
  const run = await startRun()
  await storage().admin.query(
    `insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data)
    select created_at, tenant, id, 2 + e.index, e.time::timestamptz, e.type, e.node, e.attempt, e.data
    from treadle.runs, unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::text[]) with ordinality
      as e(time, type, node, attempt, data, index)
    where id = $1`,
    [
      run.id,
      ['2026-01-31T23:59:59Z', '2026-01-31T23:59:59.1Z', '2026-02-01T00:00:00.02Z', '2026-02-01T00:00:00.02Z'],
      ['run.waiting', 'node.delta', 'custom.a-b', 'node.delta'],
      [null, 'm["ké\\"\u0001\b\t\n\u007f\u2028🌍/"].x', '', 'm["ké\\"\u0001\b\t\n\u007f\u2028🌍/"].x'],
      [null, 1, null, 12],
      ['{}', '{ "text" : "a,b\\n\u007f\u2028🌍" , "offset":0}', '{"a":1.50,"a":1e2}', '{"text":"","offset":0}'],
    ],
  )
  await storage().admin.query('update treadle.runs set last_seq = 6 where id = $1', [run.id])
  const { rows } = await storage().admin.query<{ line: string }>(
    `select treadle.envelope(seq, run_id, type, time, node, attempt, data) as line from treadle.events where run_id = $1 order by seq`,
    [run.id],
  )
  const url = new URL(storage().urls.apiUrl)
  url.searchParams.set('options', '-c TimeZone=Asia/Kolkata')
  const pool = createPool({ url: url.href, applicationName: 'far away' })
  const page = await createEventLog({ pool, listenUrl: url.href }).read('default', run.id, { after: 0, limit: 10 })
  await pool.end()
  expect(page?.events.map(({ json }) => json)).toEqual(rows.map(({ line }) => line))
})

test('an event that is missing is an error, and no page', async () => {
  const run = await startRun()
  await append(run, 1, 5)
  await storage().admin.query('delete from treadle.events where run_id = $1 and seq = 4', [run.id])
  await expect(storage().log.read('default', run.id, { after: 0, limit: 10 })).rejects.toThrow('not all there')
  expect((await storage().log.read('default', run.id, { after: 0, limit: 3 }))?.events).toHaveLength(3)
})

test('what a follower is told is what the log holds, byte for byte', async () => {
  const run = await startRun()
  const follower = storage().log.follow('default', run.id)
  await append(run, 1, 3, 'ü🌍"\\')
  const told: SerialisedEvent[] = []
  while (told.length < 3) {
    const news = await follower.next(told.at(-1)?.seq ?? 2)
    if (news && 'events' in news) told.push(...news.events)
  }
  expect(told).toEqual((await storage().log.read('default', run.id, { after: 2, limit: 10 }))?.events)
  follower.close()
  expect(await follower.next(5)).toBeUndefined()
})

test('what does not fit a notification is read, once for all who follow', async () => {
  const run = await startRun()
  const pool = createPool({ url: storage().urls.apiUrl, applicationName: 'counted' })
  const log = createEventLog({ pool, listenUrl: storage().urls.apiUrl })
  await log.start()
  const followers = Array.from({ length: 100 }, () => log.follow('default', run.id))
  const reading = Promise.all(followers.map((follower) => follower.next(2)))
  let reads = 0
  pool.on('acquire', () => {
    reads += 1
  })
  await append(run, 1, 1, 'long '.repeat(2_000))
  const stored = (await storage().log.read('default', run.id, { after: 2, limit: 10 }))?.events
  for (const news of await reading) expect(news).toEqual({ events: stored })
  expect(reads).toBe(1)
  for (const follower of followers) follower.close()
  await log.stop()
  await pool.end()
  await endRun(run)
  expect(seqs(await collect(storage().log.stream('default', run.id, { after: 0 })))).toEqual([1, 2, 3, 4])
})

test('a follower that is further back reads for itself', async () => {
  const run = await startRun()
  const { log } = storage()
  const [front, back] = [log.follow('default', run.id), log.follow('default', run.id)]
  await append(run, 1, 1)
  expect(await front.next(2)).toMatchObject({ events: [{ seq: 3 }] })
  expect(await back.next(0)).toEqual({ hint: 3 })
  front.close()
  back.close()
})

test('an appender that only hints shows no content to listeners, and readers get all the same', async () => {
  const run = await startRun()
  const payloads: string[] = []
  const listener = new pg.Client({ connectionString: storage().urls.apiUrl })
  await listener.connect()
  await listener.query('listen treadle_events')
  listener.on('notification', ({ payload }) => payloads.push(payload ?? ''))
  const stream = collect(storage().log.stream('default', run.id, { after: 0 }))
  const appender = createAppender({ pool: storage().worker, notify: 'hint' })
  for (let ordinal = 1; ordinal <= 20; ordinal++) {
    const events = [{ ordinal, type: 'log', data: { message: 'secret' } }]
    await appender.append({ run, path: 'a', attempt: 1, events })
  }
  await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: 1 } }] })
  await appender.close()
  expect(seqs(await stream)).toEqual(upTo(23))
  await listener.query('select')
  await listener.end()
  expect(payloads.filter((payload) => payload.includes(run.id))).toHaveLength(21)
  expect(payloads.join()).not.toContain('secret')
})

test('a batch of many runs is told whole in a few notifications, which nobody has to read the log for', async () => {
  const runs = await Promise.all(Array.from({ length: 60 }, () => startRun()))
  const pool = createPool({ url: storage().urls.apiUrl, applicationName: 'counted' })
  const log = createEventLog({ pool, listenUrl: storage().urls.apiUrl })
  await log.start()
  const payloads: string[] = []
  const listener = new pg.Client({ connectionString: storage().urls.apiUrl })
  await listener.connect()
  await listener.query('listen treadle_events')
  listener.on('notification', ({ payload }) => payloads.push(payload ?? ''))
  const followers = runs.map((run) => log.follow('default', run.id))
  const reading = Promise.all(followers.map((follower) => follower.next(2)))
  let reads = 0
  pool.on('acquire', () => {
    reads += 1
  })
  const text = 'some sixty letters of a text that a model has made, or thereab'
  await Promise.all(runs.map((run) => append(run, 1, 1, text)))
  for (const news of await reading) expect(news).toMatchObject({ events: [{ seq: 3 }] })
  expect(reads).toBe(0)
  await listener.query('select')
  await listener.end()
  const sizes = payloads.filter((payload) => payload.includes(text)).map((payload) => Buffer.byteLength(payload))
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.length).toBeLessThan(4)
  for (const size of sizes) expect(size).toBeLessThanOrEqual(7_900)
  for (const follower of followers) follower.close()
  await log.stop()
  await pool.end()
})

test('many runs in one batch are told in notifications that Postgres takes', async () => {
  const runs = await Promise.all(
    Array.from({ length: 120 }, (_, index) => storage().startRun({ id: `run-${'long'.repeat(20)}-${index}` })),
  )
  const streams = runs.map((run) => collect(storage().log.stream('default', run.id, { after: 0 })))
  await Promise.all(runs.map(endRun))
  for (const events of await Promise.all(streams)) expect(seqs(events)).toEqual([1, 2])
})

test('a stream that began in the past goes on live, and ends with the last event', async () => {
  const run = await startRun()
  await append(run, 1, 5)
  const stream = collect(storage().log.stream('default', run.id, { after: 4 }))
  await append(run, 6, 50)
  await endRun(run)
  expect(seqs(await stream)).toEqual(upTo(58, 5))
})

test('a stream past the end of an ended run, or of no run at all, ends at once', async () => {
  const run = await startRun()
  await endRun(run)
  expect(await collect(storage().log.stream('default', run.id, { after: 3 }))).toEqual([])
  expect(await collect(storage().log.stream('default', 'run_none', { after: 0 }))).toEqual([])
  expect(await collect(storage().log.stream('other', run.id, { after: 0 }))).toEqual([])
})

test('a stream ends when its reader says so, though nothing comes', async () => {
  const run = await startRun()
  const controller = new AbortController()
  const stream = storage().log.stream('default', run.id, { after: 0, signal: controller.signal })
  expect(seqs((await stream.next()).value ?? [])).toEqual([1, 2])
  const rest = stream.next()
  controller.abort()
  expect(await rest).toEqual({ done: true, value: undefined })
})

test('a reader that is slower than the ring misses nothing', async () => {
  const run = await startRun()
  const stream = storage().log.stream('default', run.id, { after: 0 })
  expect(seqs((await stream.next()).value ?? [])).toEqual([1, 2])
  const events = Array.from({ length: 1_500 }, (_, index) => ({
    ordinal: index + 1,
    type: 'log',
    data: { level: 'info', message: `${index}` },
  }))
  await storage().appender.append({ run, path: 'a', attempt: 1, events })
  await append(run, 1_501, 30)
  await endRun(run)
  expect(seqs(await collect(stream))).toEqual(upTo(1_533, 3))
})

test('readers that drop and resume anywhere each end with the same log', async () => {
  const run = await startRun()
  const readers = Array.from({ length: 10 }, async (_, index) => {
    const seen: SerialisedEvent[] = []
    for (let ended = false; !ended; ) {
      const controller = new AbortController()
      const stream = storage().log.stream('default', run.id, {
        after: seen.at(-1)?.seq ?? 0,
        signal: controller.signal,
      })
      let left = 1 + ((seen.length * 7 + index * 3) % 11)
      for await (const batch of stream) {
        seen.push(...batch)
        ended = batch.some(({ type }) => type === 'run.completed')
        left -= batch.length
        if (left <= 0) break
      }
    }
    return seen.map(({ json }) => json)
  })
  await append(run, 1, 150)
  await endRun(run)
  const stored = (await storage().log.read('default', run.id, { after: 0, limit: 1_000 }))?.events.map(
    ({ json }) => json,
  )
  expect(stored).toHaveLength(153)
  for (const seen of await Promise.all(readers)) expect(seen).toEqual(stored)
})

test('a listening connection that is cut is made again, and its streams miss nothing', async () => {
  const { admin, log } = storage()
  const run = await startRun()
  const stream = collect(log.stream('default', run.id, { after: 0 }))
  for (let round = 0; round < 5; round++) {
    await append(run, 1 + round * 10, 5)
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'treadle listener' and datname = current_database()",
    )
    await append(run, 6 + round * 10, 5)
  }
  await endRun(run)
  expect(seqs(await stream)).toEqual(upTo(53))
})

// --- A log whose LISTEN connection goes through a gate, which can be shut -------------------------------------------------------------

let gate: { url: string; shut(): void; open(): void; close(): void }
let gated: EventLog
beforeAll(async () => {
  gate = await createGate(storage().urls.apiUrl)
  gated = createEventLog({ pool: storage().api, listenUrl: gate.url })
  await gated.start()
})
afterAll(async () => {
  await gated.stop()
  gate.close()
})

test('while nobody can listen, streams go on by asking', async () => {
  const run = await startRun()
  await expect.poll(() => gated.healthy).toBe(true) // The test before has cut its connection.
  const stream = collect(gated.stream('default', run.id, { after: 0 }))
  gate.shut()
  while (gated.healthy) await new Promise((resolve) => setImmediate(resolve))
  await append(run, 1, 20)
  await endRun(run)
  expect(seqs(await stream)).toEqual(upTo(23))
  expect(gated.healthy).toBe(false)
  gate.open()
})

test('a log that cannot listen at first starts all the same', async () => {
  gate.shut()
  const log = createEventLog({ pool: storage().api, listenUrl: gate.url })
  await log.start()
  expect(log.healthy).toBe(false)
  const run = await startRun()
  await endRun(run)
  expect(seqs(await collect(log.stream('default', run.id, { after: 0 })))).toEqual([1, 2, 3])
  await log.stop()
  gate.open()
  expect(await readAll(storage().log, run)).toHaveLength(3)
})

/** Leads to Postgres while it is open; shutting it cuts what goes through and refuses what comes. */
async function createGate(target: string): Promise<typeof gate> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let isOpen = true
  const server: Server = createServer((client) => {
    if (!isOpen) return client.destroy()
    const upstream = tcpConnect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    return client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as { port: number }).port)
  return {
    url: url.href,
    open() {
      isOpen = true
    },
    shut() {
      isOpen = false
      for (const socket of sockets) socket.destroy()
    },
    close: () => server.close(),
  }
}
