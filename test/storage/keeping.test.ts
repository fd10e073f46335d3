import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { RunRef } from '@treadle/contract'
import { parseKeyring } from '@treadle/contract/encryption'
import {
  type BlobStore,
  createEventLog,
  createLogKeeper,
  createSealer,
  type EventLog,
  type LogKeeperOptions,
  openBlobs,
  sweepBlobs,
} from '@treadle/storage'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { encryptionKey } from '../support/encryption-key.ts'
import { type Step, steps, writeLog } from './support/random-log.ts'
import { useStorage } from './support/storage.ts'

const storage = useStorage()
const KEEPER = fileURLToPath(new URL('./support/keeper.mjs', import.meta.url))
const FULL = process.env.TREADLE_TEST_FULL === '1'

let blobsUrl = ''
let blobs: BlobStore
let log: EventLog
beforeAll(async () => {
  blobsUrl = pathToFileURL(await mkdtemp(join(inject('shared').folder, 'kept-'))).href
  blobs = openBlobs({ url: blobsUrl })
  log = createEventLog({ pool: storage().api, listenUrl: storage().urls.apiUrl, blobs })
  await log.start()
})
afterAll(() => log.stop())

/** Packs at once, in small packs, and archives nothing. */
const keeper = (options: Partial<LogKeeperOptions> = {}) =>
  createLogKeeper({ pool: storage().worker, blobs, packAfterMs: 0, packEventsMax: 7, ...options })
const archiver = (options: Partial<LogKeeperOptions> = {}) => keeper({ archiveAfterMs: 0, ...options })

/** Every line past `after`, read in pages of `limit`; by a log that has opened no pack before. */
async function linesOf(run: RunRef, after = 0, limit = 10): Promise<string[]> {
  const fresh = createEventLog({ pool: storage().api, listenUrl: storage().urls.apiUrl, blobs })
  const lines: string[] = []
  for (let position = after; ; position = after + lines.length) {
    const page = await fresh.read(run.tenant, run.id, { after: position, limit })
    lines.push(...(page?.events ?? []).map(({ json }) => json))
    if (!page || page.events.length === 0 || after + lines.length >= page.lastSeq) return lines
  }
}

async function placesOf({ id }: RunRef) {
  const { rows } = await storage().admin.query<{ rows: number; packs: number; archived: number }>(
    `select (select count(*) from treadle.events where run_id = $1)::int as rows, count(*)::int as packs,
      count(blob)::int as archived from treadle.event_packs where run_id = $1`,
    [id],
  )
  return rows[0]
}

const typed = (count: number): Step[] =>
  Array.from({ length: count }, (_, index) => [
    { kind: 'text', path: 'a', text: `w${index} ` },
    { kind: 'break' },
  ]).flat() as Step[]

test('whatever a log holds, readers get the same bytes when it is packed, and when it is archived', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 12 }), fc.nat(), async (all, packEventsMax, where) => {
      const run = await writeLog(storage(), all)
      const before = await linesOf(run)
      const after = where % before.length
      await keeper({ packEventsMax }).keep()
      expect(await placesOf(run)).toEqual({ rows: 0, packs: Math.ceil(before.length / packEventsMax), archived: 0 })
      expect(await linesOf(run)).toEqual(before)
      expect(await linesOf(run, after, 3)).toEqual(before.slice(after))
      await archiver({ packEventsMax }).keep()
      expect((await placesOf(run))?.archived).toBe((await placesOf(run))?.packs)
      expect(await linesOf(run, after, 3)).toEqual(before.slice(after))
      expect(await linesOf(run)).toEqual(before)
    }),
    { numRuns: FULL ? 300 : 20 },
  )
})

test('a page goes over the seams between packs, and between packs and rows', async () => {
  const run = await writeLog(storage(), typed(30))
  const before = await linesOf(run)
  await failAt(5, keeper()) // After some packs.
  const places = await placesOf(run)
  expect([places?.packs, places?.rows]).toEqual([expect.toSatisfy((n) => n > 0), expect.toSatisfy((n) => n > 0)])
  for (let after = 0; after < before.length; after++) {
    const page = await log.read(run.tenant, run.id, { after, limit: 16 })
    expect(page?.events.map(({ json }) => json)).toEqual(before.slice(after, after + 16))
    const upTo = await log.read(run.tenant, run.id, { after, limit: 16, upTo: after + 9 })
    expect(upTo?.events.map(({ json }) => json)).toEqual(before.slice(after, Math.min(after + 9, before.length)))
  }

  async function failAt(calls: number, subject: ReturnType<typeof createLogKeeper>) {
    const restore = interrupt('before', calls)
    await subject.keep().catch(() => {})
    restore()
  }
})

/** From its `calls`-th statement on, the worker's pool fails: before Postgres hears of it, or after it has answered. */
function interrupt(when: 'before' | 'after', calls: number): () => number {
  const { worker } = storage()
  const query = worker.query.bind(worker)
  let made = 0
  worker.query = (async (...args: Parameters<typeof query>) => {
    made += 1
    if (when === 'before' && made >= calls) throw new Error('cut off')
    const answer = await query(...args)
    if (when === 'after' && made >= calls) throw new Error('cut off')
    return answer
  }) as typeof worker.query
  return () => {
    worker.query = query as typeof worker.query
    return made
  }
}

test.each(['before', 'after'] as const)(
  'whoever keeps a log may die %s any statement: nothing is lost, and the next one goes on',
  { timeout: 120_000 },
  async (when) => {
    let isWhole = false
    for (let calls = 1; !isWhole; calls++) {
      const run = await writeLog(storage(), typed(12))
      const before = await linesOf(run)
      const restore = interrupt(when, calls)
      await archiver()
        .keep()
        .catch(() => {})
      isWhole = restore() < calls
      expect(await linesOf(run), `cut at ${calls}`).toEqual(before)
      await archiver().keep()
      expect(await linesOf(run), `after ${calls}`).toEqual(before)
      expect(await placesOf(run)).toEqual({
        rows: 0,
        packs: Math.ceil(before.length / 7),
        archived: Math.ceil(before.length / 7),
      })
    }
  },
)

test.each(['before', 'after'] as const)(
  'a blob store that fails %s it has stored a pack loses nothing',
  async (when) => {
    const run = await writeLog(storage(), typed(12))
    const before = await linesOf(run)
    const put: BlobStore['put'] = async (tenant, content, options) => {
      if (when === 'after') await blobs.put(tenant, content, options)
      throw new Error('the bucket is away')
    }
    await archiver({ blobs: { put } }).keep()
    expect(await placesOf(run)).toMatchObject({ rows: 0, archived: 0 })
    expect(await linesOf(run)).toEqual(before)
    await archiver().keep()
    expect((await placesOf(run))?.archived).toBeGreaterThan(0)
    expect(await linesOf(run)).toEqual(before)
  },
)

test('readers that drop and resume anywhere see the same bytes while keepers pack, archive and are killed', {
  timeout: 120_000,
}, async () => {
  const runs: RunRef[] = []
  for (let index = 0; index < 12; index++) runs.push(await writeLog(storage(), typed(40)))
  const before = await Promise.all(runs.map((run) => linesOf(run)))
  const children = new Set<ChildProcess>()
  let killed = 0
  let isOver = false
  const startKeeper = () => {
    const child = spawn(process.execPath, [KEEPER, storage().urls.workerUrl, blobsUrl], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.add(child)
    let left = 10 + ((killed * 7) % 31)
    createInterface({ input: child.stdout }).on('line', () => {
      left -= 1
      if (left === 0) child.kill('SIGKILL')
    })
    child.once('exit', () => {
      children.delete(child)
      killed += 1
      if (!isOver) startKeeper()
    })
  }
  onTestFinished(async () => {
    isOver = true
    await Promise.all([...children].map((child) => child.kill('SIGKILL') && once(child, 'exit')))
  })
  startKeeper()
  startKeeper()

  const isDone = async () =>
    (await Promise.all(runs.map(placesOf))).every((at) => at?.rows === 0 && at.packs === at.archived)
  const readers = runs.map(async (run, index) => {
    for (let round = 0; !isOver; round++) {
      const after = (round * 7 + index) % (before[index]?.length ?? 1)
      expect(await linesOf(run, after, 5 + (round % 20)), `${run.id} past ${after}`).toEqual(
        before[index]?.slice(after),
      )
    }
  })
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 20))
  isOver = true
  await Promise.all(readers)
  for (const [index, run] of runs.entries()) expect(await linesOf(run)).toEqual(before[index])
  expect(killed).toBeGreaterThan(2)
})

test('a log is left alone while its run goes on, and until its time has come', async () => {
  const open = await storage().startRun()
  const ended = await writeLog(storage(), typed(3))
  await keeper({ packAfterMs: 60_000 }).keep()
  expect(await placesOf(ended)).toMatchObject({ rows: 6, packs: 0 })
  await keeper().keep()
  expect(await placesOf(open)).toMatchObject({ rows: 1, packs: 0 })
  expect(await placesOf(ended)).toMatchObject({ rows: 0, packs: 1, archived: 0 })
})

test('only one process keeps logs at a time', async () => {
  const client = await storage().worker.connect()
  await client.query('select pg_advisory_lock(7261935003)')
  const run = await writeLog(storage(), typed(3))
  expect(await archiver().keep()).toEqual({ packed: 0, archived: 0, dropped: 0 })
  client.release(new Error('lost')) // As when its process dies: Postgres frees the lock.
  await expect.poll(async () => (await archiver().keep()).packed).toBeGreaterThan(0)
  expect(await placesOf(run)).toMatchObject({ rows: 0 })
})

test('Postgres deletes no event for a pack that was not made of it, is not next, or comes again', async () => {
  const run = await writeLog(storage(), typed(3))
  const open = await storage().startRun()
  const pack = async (id: string, first: number, last: number) => {
    const text = "select treadle.pack_events('default', $1, $2, $3, $4, $5) as done"
    return (await storage().worker.query(text, [id, first, last, Buffer.from('wrong'), Buffer.from('bytes')])).rows[0]
      ?.done
  }
  await expect(pack(run.id, 1, 3)).rejects.toThrow('was not made of them')
  expect(await pack(run.id, 2, 3)).toBe(false)
  expect(await pack(run.id, 1, 7)).toBe(false)
  expect(await pack(open.id, 1, 1)).toBe(false)
  expect(await placesOf(run)).toMatchObject({ rows: 6, packs: 0 })
  await keeper().keep()
  expect(await pack(run.id, 1, 3)).toBe(false)
  await expect(storage().api.query("select treadle.pack_events('default', 'x', 1, 1, '', '')")).rejects.toThrow(
    'permission denied',
  )
})

test('packs are encrypted, in both places, and readers see through it', async () => {
  const sealer = createSealer(parseKeyring(encryptionKey('a', 1)))
  const run = await writeLog(storage(), typed(9))
  const before = await linesOf(run)
  await keeper({ sealer }).keep()
  const { rows } = await storage().admin.query('select bytes from treadle.event_packs where run_id = $1', [run.id])
  expect(rows[0]?.bytes.toString('latin1')).toMatch(/^TREADLE-SEALED\na\n/)
  const sealed = createEventLog({ pool: storage().api, listenUrl: storage().urls.apiUrl, blobs, sealer })
  const read = async () =>
    (await sealed.read('default', run.id, { after: 0, limit: 100 }))?.events.map(({ json }) => json)
  expect(await read()).toEqual(before)
  await archiver({ sealer }).keep()
  expect(await read()).toEqual(before)
})

test('what is archived is never swept while its run is there, and is missed where it was deleted all the same', async () => {
  const run = await writeLog(storage(), typed(9))
  const before = await linesOf(run)
  await archiver().keep()
  await sweepBlobs({ pool: storage().worker, blobs, untouchedForMs: 0 })
  expect(await linesOf(run)).toEqual(before)
  const { rows } = await storage().admin.query('select blob from treadle.event_packs where run_id = $1', [run.id])
  await blobs.delete('default', rows[0]?.blob)
  await expect(linesOf(run)).rejects.toMatchObject({ name: 'BlobError', code: 'missing' })
})

test('a run that is erased takes its packs along, and another one under its id is not taken for it', async () => {
  const run = await writeLog(storage(), typed(9))
  await keeper().keep()
  const shared = await log.read('default', run.id, { after: 0, limit: 100 }) // This log has opened the pack, and keeps it.
  expect(shared?.events).toHaveLength(12)
  await storage().admin.query("select treadle.erase_run('default', $1)", [run.id])
  expect(await placesOf(run)).toEqual({ rows: 0, packs: 0, archived: 0 })
  expect(await log.read('default', run.id, { after: 0, limit: 100 })).toBeUndefined()
  await writeLog({ ...storage(), startRun: () => storage().startRun({ id: run.id }) }, typed(2))
  const rows = await log.read('default', run.id, { after: 0, limit: 100 })
  await keeper().keep()
  expect(await log.read('default', run.id, { after: 0, limit: 100 })).toEqual(rows)
})

test('a run that is erased while a pack of it is archived leaves no reference behind', async () => {
  const run = await writeLog(storage(), typed(9))
  const put: BlobStore['put'] = async (tenant, content, options) => {
    await storage().admin.query("select treadle.erase_run('default', $1)", [run.id])
    return blobs.put(tenant, content, options)
  }
  await archiver({ blobs: { put } }).keep()
  const { rows } = await storage().admin.query('select from treadle.blob_refs where run_id = $1', [run.id])
  expect(rows).toEqual([])
})

test('the partition of a day that nothing is left of is dropped, and one that something may come to is not', async () => {
  const { admin } = storage()
  const [ended, open] = [await writeLog(storage(), typed(3)), await storage().startRun()]
  for (const [run, day] of [
    [ended, '2020-01-01'],
    [open, '2020-01-02'],
  ] as const) {
    await admin.query('select treadle.ensure_events_partition($1)', [`${day}T12:00:00Z`])
    await admin.query('update treadle.runs set created_at = $2 where id = $1', [run.id, `${day}T12:00:00Z`])
    await admin.query('update treadle.events set run_created_at = $2 where run_id = $1', [run.id, `${day}T12:00:00Z`])
  }
  const before = await linesOf(ended)
  expect((await keeper({ packAfterMs: 60_000 }).keep()).dropped).toBe(0)
  expect((await keeper().keep()).dropped).toBe(1)
  const { rows } = await admin.query(
    "select to_regclass('treadle.events_20200101') as first, to_regclass('treadle.events_20200102') as second",
  )
  expect(rows[0]).toEqual({ first: null, second: 'treadle.events_20200102' })
  expect(await linesOf(ended)).toEqual(before)
  expect(await linesOf(open)).toHaveLength(1)
})
