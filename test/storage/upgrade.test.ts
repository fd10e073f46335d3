import { copyFile, mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPool, createRunStore, createStateStore, migrate } from '@treadle/storage'
import pg from 'pg'
import { expect, inject, test } from 'vitest'

const MIGRATIONS = fileURLToPath(new URL('../../packages/storage/migrations/', import.meta.url))
const files = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
/** The first version that was ever released had these five. */
const versions = files.slice(files.findIndex((name) => name.startsWith('0005')))

const BLOB = { sha256: 'b'.repeat(64), size: 20_000 }

/** Rows as every version since the first wrote them: by name, so that what came later has its default. */
const ROWS = `
  insert into treadle.plans (tenant, hash, plan) values ('default', 'hash', '{"plan":1,"name":"old"}');
  insert into treadle.runs (tenant, id, created_at, status, workflow_name, tags, priority, plan_hash, request_fingerprint, last_seq,
    last_event_at, ended_seq, started_at, ended_at, output, input_tokens) values
    ('default', 'run_ended', '2026-01-02T03:04:05.678Z', 'completed', 'old', '{"team":"a"}', 3, 'hash', 'print', 3,
     '2026-01-02T03:04:06.678Z', 3, '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:06.678Z', '{"n":1}', 7),
    ('default', 'run_open', '2026-01-02T03:04:05.678Z', 'running', 'old', '{}', 3, 'hash', 'print', 2,
     '2026-01-02T03:04:06.678Z', null, '2026-01-02T03:04:05.678Z', null, null, 0),
    ('other', 'run_ended', '2026-01-02T03:04:05.678Z', 'pending', 'old', '{}', 3, 'hash', 'print', 1,
     '2026-01-02T03:04:06.678Z', null, null, null, null, 0);
  insert into treadle.run_requests (tenant, run_id, input, document) values
    ('default', 'run_ended', '{"b":1,"a":[2]}', 'ir: treadle/v1'), ('default', 'run_open', 'null', null);
  insert into treadle.node_runs (tenant, run_id, path, kind, status, attempt, has_checkpoint) values
    ('default', 'run_ended', 'a', 'llm', 'completed', 2, true), ('default', 'run_open', 'a', 'llm', 'running', 1, false);
  insert into treadle.checkpoints (tenant, run_id, path, attempt, seq, time, output, usage) values
    ('default', 'run_ended', 'a', 2, 2, '2026-01-02T03:04:06.000Z', '{"$blob":${JSON.stringify(BLOB)}}', '{"llmCalls":1}');
  insert into treadle.blobs (tenant, sha256, size) values ('default', '${BLOB.sha256}', ${BLOB.size});
  insert into treadle.blob_refs (tenant, sha256, run_id) values ('default', '${BLOB.sha256}', 'run_ended');
  insert into treadle.idempotency (tenant, method, path, key_sha256, fingerprint, response, lease_until, expires_at) values
    ('default', 'POST', '/runs', 'key', 'print', '{"status":201,"body":{"id":"run_ended"},"headers":{}}', now(), now() + interval '1 day');
  insert into treadle.events (run_created_at, tenant, run_id, seq, time, type, node, attempt, data) values
    ('2026-01-02T03:04:05.678Z', 'default', 'run_ended', 1, '2026-01-02T03:04:05.678Z', 'run.created', null, null, '{"workflow":"old"}'),
    ('2026-01-02T03:04:05.678Z', 'default', 'run_ended', 2, '2026-01-02T03:04:06.000Z', 'node.completed', 'a', 2, '{"ref":${JSON.stringify(BLOB)}}'),
    ('2026-01-02T03:04:05.678Z', 'default', 'run_ended', 3, '2026-01-02T03:04:06.678Z', 'run.completed', null, null, '{"output":{"n":1}}');`

const PARTITION = `create table treadle.events_20260102 partition of treadle.events
  for values from ('2026-01-02 00:00:00+00') to ('2026-01-03 00:00:00+00')`

async function databaseOf(version: string): Promise<string> {
  const { adminUrl } = inject('shared').postgres
  const name = `upgrade_${version.slice(0, 4)}_${process.pid}`
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(`create database ${name}`)
  await admin.end()
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

/** The numbered files of that version alone. Routines hold no data, and are this version's. */
async function foldersOf(version: string) {
  const folder = await mkdtemp(join(inject('shared').folder, 'version-'))
  for (const name of files.slice(0, files.indexOf(version) + 1))
    await copyFile(join(MIGRATIONS, name), join(folder, name))
  const none = await mkdtemp(join(inject('shared').folder, 'no-routines-'))
  return { folder, none }
}

test.each(versions)(
  'a database that was filled by the version %s is brought up to this one, and its rows read as they were written',
  async (version) => {
    const adminUrl = await databaseOf(version)
    const { folder, none } = await foldersOf(version)
    await migrate({ adminUrl, folder, routinesFolder: none })
    const admin = createPool({ url: adminUrl, applicationName: 'test upgrade', max: 2 })
    const runs = createRunStore({ pool: admin })
    const state = createStateStore({ pool: admin })
    try {
      await admin.query(PARTITION)
      await admin.query(ROWS)
      const before = await columnsOf(admin)
      await migrate({ adminUrl })
      await migrate({ adminUrl })
      expect(await admin.query('select name from treadle.migrations order by name').then(({ rows }) => rows)).toEqual(
        files.map((name) => ({ name })),
      )
      for (const [table, rows] of Object.entries(before))
        expect([table, (await columnsOf(admin))[table]]).toMatchObject([table, rows])

      expect(await runs.get('default', 'run_ended')).toMatchObject({
        status: 'completed',
        tags: { team: 'a' },
        output: { n: 1 },
        createdAt: '2026-01-02T03:04:05.678Z',
        usage: { inputTokens: 7 },
        nodes: { total: 1, completed: 1 },
        forks: [],
      })
      expect(await runs.get('other', 'run_ended')).toMatchObject({ status: 'pending' })
      expect(await runs.planOf('default', 'run_ended')).toEqual({ plan: 1, name: 'old' })
      expect(await state.at('default', 'run_ended', 2)).toEqual({
        runId: 'run_ended',
        seq: 2,
        input: { b: 1, a: [2] },
        nodes: { a: { seq: 2, output: { $blob: BLOB } } },
      })
      expect(await state.checkpoints('default', 'run_ended', { after: 0, limit: 10 })).toMatchObject({
        items: [{ seq: 2, node: 'a', outputRef: BLOB }],
      })
      expect(
        await runs.lookUpKey('default', { method: 'POST', path: '/runs', keySha256: 'key', fingerprint: 'print' }),
      ).toMatchObject({ outcome: 'replayed' })
      expect(await runs.erase('default', 'run_open')).toBe('active')
      expect(await runs.erase('default', 'run_ended')).toBe('erased')
      expect(await runs.get('default', 'run_ended')).toBeUndefined()
      expect(await runs.get('other', 'run_ended')).toBeDefined()
    } finally {
      await admin.end()
    }
  },
)

/** Every row of the tables that were there, as JSON. */
async function columnsOf(pool: pg.Pool): Promise<Record<string, unknown[]>> {
  const tables = [
    'plans',
    'runs',
    'run_requests',
    'node_runs',
    'checkpoints',
    'events',
    'idempotency',
    'blobs',
    'blob_refs',
  ]
  const rows: Record<string, unknown[]> = {}
  for (const table of tables)
    rows[table] = (await pool.query(`select to_json(t) as row from treadle.${table} t order by t::text`)).rows
  return rows
}
