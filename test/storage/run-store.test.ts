import type { RunRef } from '@treadle/contract'
import { newRunId } from '@treadle/contract'
import { createPool, createRunStore, type IdempotencyKey, type InsertResult, type RunRow } from '@treadle/storage'
import { expect, test } from 'vitest'
import { brief, readAll } from './support/events.ts'
import { newRun, PLAN, useStorage } from './support/storage.ts'

const storage = useStorage()

let keys = 0
const key = (options: Partial<IdempotencyKey> = {}): IdempotencyKey => ({
  method: 'POST',
  path: '/runs',
  keySha256: `key-${++keys}`,
  fingerprint: 'request',
  ...options,
})
const response = (run: RunRow) => ({ status: 201, body: { id: run.id }, headers: { location: `/runs/${run.id}` } })
const insert = (idempotency: IdempotencyKey, tenant = 'default') =>
  storage().runs.insert(tenant, newRun({ idempotency: { ...idempotency, response } }))

test('a run is stored as pending, with its first event', async () => {
  const { runs, log } = storage()
  const startAt = '2030-01-01T00:00:00.000Z'
  const run = await storage().startRun({
    workflow: { name: 'triage', version: '3' },
    tags: { team: 'a' },
    priority: 1,
    startAt,
  })
  expect(await runs.get('default', run.id)).toMatchObject({
    ref: run,
    status: 'pending',
    workflow: { name: 'triage', version: '3' },
    tags: { team: 'a' },
    priority: 1,
    startAt,
    nodes: { total: 0, completed: 0, running: 0, failed: 0 },
    lastSeq: 1,
    startedInTemporal: false,
  })
  const [created] = await readAll(log, run)
  expect(created).toMatchObject({
    seq: 1,
    type: 'run.created',
    time: run.createdAt,
    data: { workflow: 'triage', version: '3' },
  })
  expect(await runs.planOf('default', run.id)).toEqual(PLAN)
})

test('the same key again gets the first answer, and another request under it is refused', async () => {
  const first = key()
  const created = await insert(first)
  if (created.outcome !== 'created') throw new Error(created.outcome)
  expect(await insert(first)).toEqual({ outcome: 'replayed', response: response(created.run) })
  expect(await insert({ ...first, fingerprint: 'another request' })).toEqual({ outcome: 'mismatch' })
  expect((await insert({ ...first, path: '/elsewhere' })).outcome).toBe('created')
  expect((await insert(first, 'other')).outcome).toBe('created')
})

test('of many who race under one key one creates, and nobody gets another run', async () => {
  const shared = key()
  const results = await Promise.all(Array.from({ length: 40 }, () => insert(shared)))
  const ids = results.map(runIdOf).filter((id) => id !== undefined)
  expect(results.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
  expect(new Set(ids).size).toBe(1)
  expect(results.every(({ outcome }) => ['created', 'replayed', 'in-progress'].includes(outcome))).toBe(true)
})

function runIdOf(result: InsertResult): string | undefined {
  if (result.outcome === 'created') return result.run.id
  return result.outcome === 'replayed' ? (result.response.body as { id: string }).id : undefined
}

test('a run under the client’s own id is there once, whoever asks', async () => {
  const { runs } = storage()
  const id = newRunId()
  const results = await Promise.all(
    Array.from({ length: 10 }, () => runs.insert('default', newRun({ id, clientGivenId: true }))),
  )
  expect(results.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array(9).fill('exists')])
  expect(
    results.every((result) => result.outcome === 'created' || (result.outcome === 'exists' && result.sameRequest)),
  ).toBe(true)
  const other = await runs.insert('default', newRun({ id, clientGivenId: true, requestFingerprint: 'another' }))
  expect(other).toMatchObject({ outcome: 'exists', sameRequest: false })
})

test('a key stays free when the run under it was refused', async () => {
  const { runs } = storage()
  const { id } = await storage().startRun()
  const idempotency = { ...key(), response }
  expect(await runs.insert('default', newRun({ id, clientGivenId: true, idempotency }))).toMatchObject({
    outcome: 'exists',
  })
  expect(await runs.insert('default', newRun({ idempotency }))).toMatchObject({ outcome: 'created' })
})

test('a key of another route is taken, answered and replayed, or freed', async () => {
  const { runs } = storage()
  const taken = key({ path: '/runs/x/cancel' })
  expect(await runs.claimKey('default', taken)).toEqual({ outcome: 'first' })
  expect(await runs.claimKey('default', taken)).toEqual({ outcome: 'in-progress' })
  expect(await runs.claimKey('default', { ...taken, fingerprint: 'another' })).toEqual({ outcome: 'mismatch' })
  await runs.forgetKey('default', taken)
  expect(await runs.claimKey('default', taken)).toEqual({ outcome: 'first' })
  const answer = { status: 202, body: null, headers: {} }
  await runs.rememberAnswer('default', taken, answer)
  await runs.forgetKey('default', taken)
  expect(await runs.claimKey('default', taken)).toEqual({ outcome: 'replayed', response: answer })
})

test('a key whose holder never came back is given out again', async () => {
  const { runs } = storage()
  const taken = key()
  expect(await runs.claimKey('default', taken, -1)).toEqual({ outcome: 'first' })
  expect(await runs.claimKey('default', taken)).toEqual({ outcome: 'first' })
})

test('a tenant sees nothing of another’s runs', async () => {
  const { runs, log } = storage()
  const { id } = await storage().startRun()
  expect(await runs.get('other', id)).toBeUndefined()
  expect(await runs.head('other', id)).toBeUndefined()
  expect(await runs.state('other', id)).toBeUndefined()
  expect(await runs.planOf('other', id)).toBeUndefined()
  expect(await runs.waiting('other', id)).toEqual([])
  expect(await runs.requestCancel('other', id)).toBe('not-found')
  expect(await log.read('other', id, { after: 0, limit: 10 })).toBeUndefined()
  expect((await runs.get('default', id))?.cancelRequested).toBe(false)
})

test('the reconciler finds what nobody started, and no run that is not due', async () => {
  const { runs } = storage()
  const pending = await storage().startRun({ tenant: 'reconciled', input: { n: 1 } })
  const started = await storage().startRun({ tenant: 'reconciled' })
  const later = await storage().startRun({ tenant: 'reconciled', startAt: '2999-01-01T00:00:00.000Z' })
  await runs.markStarted('reconciled', started.id)
  const found = await runs.pendingStarts({ olderThanMs: 0, limit: 1_000 })
  const ours = found.filter(({ run }) => run.tenant === 'reconciled')
  expect(ours).toMatchObject([{ run: { id: pending.id }, plan: PLAN, input: { n: 1 } }])
  const open = (await runs.openRuns({ olderThanMs: 0, limit: 1_000 })).filter(({ run }) => run.tenant === 'reconciled')
  expect(open).toEqual([{ run: started, status: 'running', lastSeq: 1 }])
  expect(await runs.pendingStarts({ olderThanMs: 3_600_000, limit: 1_000 })).toEqual([])
  expect(later.id).toBeTruthy()
})

test('open runs are gone through page by page: each once, though some end and some come meanwhile', async () => {
  const { runs } = storage()
  const started = await Promise.all(Array.from({ length: 23 }, () => storage().startRun({ tenant: 'paged' })))
  for (const { id } of started) await runs.markStarted('paged', id)
  const seen: string[] = []
  const error = { type: 'internal', message: 'gone' }
  let after: RunRef | undefined
  do {
    const page = await runs.openRuns({ olderThanMs: 0, limit: 5, ...(after && { after }) })
    after = page.at(-1)?.run
    seen.push(...page.filter(({ run }) => run.tenant === 'paged').map(({ run }) => run.id))
    if (after) await runs.close({ run: after, type: 'run.failed', data: { error }, engineStatus: 'FAILED' })
    await storage().startRun({ tenant: 'paged' }) // Pending, so it is none of them.
  } while (after)
  expect(seen.toSorted()).toEqual(started.map(({ id }) => id).toSorted())
})

test('the head of a run says how far it is, and where it ended', async () => {
  const { runs, appender } = storage()
  const run = await storage().startRun()
  expect(await runs.head('default', run.id)).toEqual({ lastSeq: 1 })
  await appender.record({ run, outbox: [{ n: 1, type: 'run.started', data: {} }] })
  expect(await runs.head('default', run.id)).toEqual({ lastSeq: 2 })
  await appender.record({ run, outbox: [{ n: 2, type: 'run.completed', data: { output: null } }] })
  expect(await runs.head('default', run.id)).toEqual({ lastSeq: 3, endedSeq: 3 })
  expect(await runs.head('default', newRunId())).toBeUndefined()
})

test('a run that Temporal closed is closed once, after its open nodes', async () => {
  const { runs, log, appender } = storage()
  const run = await storage().startRun()
  for (const path of ['a', 'b']) await appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: [] })
  const output = { type: 'node.completed', ordinal: 1, output: 1 } as const
  await appender.end({ run, path: 'a', attempt: 1, events: [], end: output })
  const error = { type: 'timeout', message: 'Temporal ended the workflow.' }
  const end = { run, type: 'run.failed', data: { error }, engineStatus: 'TIMED_OUT' } as const
  const closed = await Promise.all([runs.close(end), runs.close(end), runs.close(end)])
  expect(closed.filter(Boolean)).toHaveLength(1)
  expect((await readAll(log, run)).slice(-3).map(brief)).toEqual([
    'node.completed a#1',
    'node.cancelled b#1',
    'run.failed',
  ])
  expect(await runs.get('default', run.id)).toMatchObject({ status: 'failed', error, engineStatus: 'TIMED_OUT' })
})

test('a run is found by its key where Postgres knows nothing of the table yet, however many its tenant has', async () => {
  await Promise.all(Array.from({ length: 30 }, () => storage().startRun()))
  const { admin } = storage()
  const client = await admin.connect()
  try {
    await client.query('begin; set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan')
    await client.query('prepare find (text, text) as select * from treadle.runs r where r.tenant = $1 and r.id = $2')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>("explain execute find ('default', 'run_1')")
    expect(rows[0]?.['QUERY PLAN']).toContain('Index Scan using runs_pkey')
  } finally {
    await client.query('rollback; deallocate find')
    client.release()
  }
})

test('runs are listed by the index that holds them newest first', async () => {
  const { admin, urls } = storage()
  const url = new URL(urls.apiUrl)
  url.searchParams.set('options', '-c enable_seqscan=off -c enable_sort=off')
  const pool = createPool({ url: url.href, applicationName: 'test list' })
  await createRunStore({ pool }).list('default', { limit: 10 })
  await pool.end() // A connection tells what it has used when it ends.
  await expect
    .poll(async () => {
      const used = "select idx_scan::integer as times from pg_stat_user_indexes where indexrelname = 'runs_newest'"
      return (await admin.query<{ times: number }>(used)).rows[0]?.times
    })
    .toBeGreaterThan(0)
})
