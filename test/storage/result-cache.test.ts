import type { Json, Work } from '@treadle/contract'
import { type CacheKey, createResultCache } from '@treadle/storage'
import { expect, test } from 'vitest'
import { useStorage } from './support/storage.ts'

const storage = useStorage()
const cache = () => createResultCache({ pool: storage().worker })
const signal = new AbortController().signal
const HOUR_MS = 3_600_000

const work = (args: Json): Work => ({ kind: 'function', tool: 'score', name: 'score', args })
const key = (args: Json, rest: Partial<CacheKey> = {}): CacheKey => ({
  runtime: 'typescript',
  work: work(args),
  ...rest,
})

test('a result is found by what was executed, also by another run, and null is a result', async () => {
  const [one, two] = [await storage().startRun(), await storage().startRun()]
  await cache().keep(one, key({ a: 1, b: [2] }), { output: null, ttlMs: HOUR_MS }, signal)
  expect(await cache().find(two, key({ b: [2], a: 1 }), HOUR_MS, signal)).toEqual({ output: null })
  expect(await cache().find(two, key({ a: 1, b: [3] }), HOUR_MS, signal)).toBeNull()
  expect(await cache().find(two, key({ a: 1, b: [2] }, { runtime: 'python' }), HOUR_MS, signal)).toBeNull()
  const schema = { outputSchema: { type: 'null' } }
  expect(await cache().find(two, key({ a: 1, b: [2] }, schema), HOUR_MS, signal)).toBeNull()
})

test('another tenant does not find it', async () => {
  const [one, two] = [await storage().startRun(), await storage().startRun({ tenant: 'other' })]
  await cache().keep(one, key('tenant'), { output: 1, ttlMs: HOUR_MS }, signal)
  expect(await cache().find(two, key('tenant'), HOUR_MS, signal)).toBeNull()
})

test('a result older than the reader takes is none; the newer one stays', async () => {
  const run = await storage().startRun()
  await cache().keep(run, key('age'), { output: 'old', ttlMs: HOUR_MS }, signal)
  await storage().admin.query("update treadle.cached_results set created_at = created_at - interval '10 min'")
  expect(await cache().find(run, key('age'), 9 * 60_000, signal)).toBeNull()
  expect(await cache().find(run, key('age'), 11 * 60_000, signal)).toEqual({ output: 'old' })
  await cache().keep(run, key('age'), { output: 'new', ttlMs: HOUR_MS }, signal)
  expect(await cache().find(run, key('age'), 1000, signal)).toEqual({ output: 'new' })
})

test('blobs of a result are held while it is cached, and by every run that took it', async () => {
  const sha256 = 'a'.repeat(64)
  const run = await storage().startRun()
  const output = { big: { $blob: { sha256, size: 20_000 } } }
  await cache().keep(run, key('blob'), { output, ttlMs: 1 }, signal)
  expect(await holders(sha256)).toEqual([expect.stringMatching(/^cache:/)])
  const reader = await storage().startRun()
  expect(await cache().find(reader, key('blob'), HOUR_MS, signal)).toEqual({ output })
  expect(await holders(sha256)).toEqual([expect.stringMatching(/^cache:/), reader.id])

  await storage().admin.query('select pg_sleep(0.01)')
  await storage().worker.query('select treadle.forget_old_results(10)')
  expect(await holders(sha256)).toEqual([reader.id])
})

test('erasing a run takes its results out of the cache, and those of a later time stay', async () => {
  const sha256 = 'b'.repeat(64)
  const run = await storage().startRun()
  await cache().keep(run, key('erased'), { output: { $blob: { sha256, size: 20_000 } }, ttlMs: HOUR_MS }, signal)
  const outbox = [{ n: 1, type: 'run.completed' as const, data: { output: null } }]
  await storage().appender.record({ run, outbox })
  await cache().keep(run, key('later'), { output: 1, ttlMs: HOUR_MS }, signal)
  const later = "update treadle.cached_results set created_at = created_at + interval '2 min' where output::text = '1'"
  await storage().admin.query(later)

  await storage().admin.query('select treadle.erase_run($1, $2)', [run.tenant, run.id])
  expect(await cache().find(run, key('erased'), HOUR_MS, signal)).toBeNull()
  expect(await cache().find(run, key('later'), HOUR_MS, signal)).toEqual({ output: 1 })
  expect(await holders(sha256)).toEqual([])
})

test('a work that holds NUL, which Postgres does not take, is cached too', async () => {
  const run = await storage().startRun()
  await cache().keep(run, key('a\0b'), { output: 1, ttlMs: HOUR_MS }, signal)
  expect(await cache().find(run, key('a\0b'), HOUR_MS, signal)).toEqual({ output: 1 })
})

async function holders(sha256: string): Promise<string[]> {
  const { rows } = await storage().admin.query<{ run_id: string }>(
    'select run_id from treadle.blob_refs where sha256 = $1 order by run_id',
    [sha256],
  )
  return rows.map(({ run_id }) => run_id)
}
