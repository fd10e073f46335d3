import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { RunRef } from '@treadle/contract'
import type { ClaimResult } from '@treadle/storage'
import { expect, onTestFinished, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { checkLog, textsOf } from './support/check-log.ts'
import { envelope, readAll } from './support/events.ts'
import { useStorage } from './support/storage.ts'

const WRITER = fileURLToPath(new URL('./support/writer.mjs', import.meta.url))
const WRITERS = 3
const RUNS = 4
const OUTBOX_LENGTH = 60 // As in the writer.
const PIECE = '<🌍>'

/** What a writer told: each line is an answer that it got, so something that has to be in the log. */
type Told = { run: string; path: string } & (
  | { claimed: ClaimResult }
  | { attempt: number; stored: number }
  | { attempt: number; ended: string }
)

const LONG = { timeout: 240_000 } // Some thirty processes are started; that takes its time where the machine is busy.

const storage = useStorage()

/** One that is always the same, and one of today: a schedule that nobody has seen yet. */
const SEEDS = [7, Number(new Date().toISOString().slice(0, 10).replaceAll('-', ''))]

test.each(SEEDS)('whatever writers, kills and lost connections do, the log holds (seed %i)', LONG, async (seed) => {
  const { log, admin, urls } = storage()
  const runs = await Promise.all(Array.from({ length: RUNS }, () => storage().startRun()))
  const seen = runs.map((run) => collect(run))
  const told: Told[] = []
  const random = randomFrom(seed)
  const writers = new Set<ChildProcess>()
  let spawned = 0
  onTestFinished(() => killAll(writers))
  for (let index = 0; index < WRITERS; index++) startWriter()
  const logs = await Promise.all(seen)
  await killAll(writers)

  for (const [index, run] of runs.entries()) {
    const where = `seed ${seed}, ${run.id}`
    const events = await readAll(log, run)
    expect(logs[index]?.map(envelope), `${where}: what a reader saw is what is stored`).toEqual(events)
    checkLog(events, where)
    checkTold(
      run,
      events,
      told.filter((line) => line.run === run.id),
      where,
    )
  }
  expect(spawned, 'writers were killed and came back').toBeGreaterThan(WRITERS + 1)
  expect(told.some((line) => 'claimed' in line && line.claimed.status === 'claimed' && line.claimed.deaths > 0)).toBe(
    true,
  )

  function startWriter(): void {
    const args = [WRITER, urls.workerUrl, String(seed + ++spawned), JSON.stringify(runs)]
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    writers.add(writer)
    let left = 40 + random(160)
    createInterface({ input: writer.stdout }).on('line', (line) => {
      told.push(JSON.parse(line) as Told)
      if (--left === 0) writer.kill('SIGKILL')
      if (random(100) === 0) cutConnection()
    })
    writer.once('exit', () => {
      if (writers.delete(writer)) startWriter()
    })
  }

  function cutConnection(): void {
    const text = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and application_name in ('writer', 'treadle listener') order by md5(pid || $1) limit 1`
    void admin.query(text, [String(random(1_000_000))])
  }
})

test('no statement ever sees a gap, however the writers interleave', LONG, async () => {
  const { admin, urls } = storage()
  const runs = await Promise.all(Array.from({ length: 2 }, () => storage().startRun()))
  const writers = [1, 2].map((seed) =>
    spawn(process.execPath, [WRITER, urls.workerUrl, String(seed), JSON.stringify(runs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  onTestFinished(() => killAll(new Set(writers)))
  for (const writer of writers) writer.stdout.resume()
  const text = `select (select last_seq from treadle.runs where id = $1) as last_seq, count(*)::int as count, max(seq) as newest
    from treadle.events where run_id = $1`
  let newest = 0
  for (const run of runs) {
    for (let ended = false; !ended; ) {
      const { rows } = await admin.query<{ last_seq: number; count: number; newest: number }>(text, [run.id])
      expect(rows[0]).toEqual({ last_seq: rows[0]?.count, count: rows[0]?.count, newest: rows[0]?.count })
      newest = Math.max(newest, rows[0]?.newest ?? 0)
      ended = (await storage().runs.get('default', run.id))?.endedSeq !== undefined
    }
  }
  expect(newest).toBeGreaterThan(OUTBOX_LENGTH)
})

/** Resolves when they are gone. */
async function killAll(writers: Set<ChildProcess>): Promise<void> {
  const running = [...writers].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
  writers.clear() // Nobody starts a new one for them.
  const gone = running.map((writer) => new Promise((resolve) => writer.once('exit', resolve)))
  for (const writer of running) writer.kill('SIGKILL')
  await Promise.all(gone)
}

async function collect(run: RunRef) {
  const events = []
  for await (const batch of storage().log.stream('default', run.id, { after: 0 })) events.push(...batch)
  return events
}

/** Nothing that was answered is missing, nothing was done twice, and the outbox is there once, in order. */
function checkTold(run: RunRef, events: Awaited<ReturnType<typeof readAll>>, told: Told[], where: string): void {
  const texts = textsOf(events, where)
  for (const [key, text] of texts) {
    expect(text, `${where}: the text of ${key} is whole pieces in order`).toBe(PIECE.repeat(text.length / PIECE.length))
  }
  const has = (type: string, path: string, attempt: number) =>
    events.some((event) => event.type === type && event.node === path && event.attempt === attempt)
  const claims = new Set<string>()
  for (const line of told) {
    if ('stored' in line) {
      const stored = (texts.get(`${line.path}#${line.attempt}`) ?? '').length / PIECE.length
      expect(stored, `${where}: an answered append is in the log`).toBeGreaterThanOrEqual(line.stored)
    } else if ('ended' in line) {
      expect(has(line.ended, line.path, line.attempt), `${where}: an answered end is in the log`).toBe(true)
    } else if (line.claimed.status === 'claimed') {
      const claim = `${line.path}#${line.claimed.attempt}`
      expect(claims.has(claim), `${where}: ${claim} was given out once`).toBe(false)
      claims.add(claim)
      expect(has('node.started', line.path, line.claimed.attempt), `${where}: a claim is in the log`).toBe(true)
    } else if (line.claimed.status === 'done') {
      const attempt = (line.claimed.output as { attempt: number }).attempt
      expect(has('node.completed', line.path, attempt), `${where}: an output came from an end`).toBe(true)
    }
  }
  const outbox = events.flatMap(({ type, data }) => (type === 'log' ? [Number(String(data.message).slice(7))] : []))
  const expected = Array.from({ length: OUTBOX_LENGTH - 1 }, (_, index) => index + 1).filter((n) => n % 10 !== 0)
  expect(outbox, `${where}: the outbox is there once, in order`).toEqual(expected)
  expect(events.at(-1), `${where}: the outbox ends the run`).toMatchObject({ type: 'run.completed', runId: run.id })
}
