import { copyFile, mkdtemp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createBudgets,
  createFunctionStore,
  createPool,
  createRunStore,
  createStateStore,
  createTranscripts,
  createWorkflowStore,
  migrate,
} from '@treadle/storage'
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

/** What the tables that came later were filled with by the version that brought them, and by every one since. */
const LATER_ROWS: Record<string, string> = {
  '0006': `
    insert into treadle.transcripts (tenant, run_id, agent, turn, position, message) values
      ('default', 'run_open', 'agent', 0, 0, '{"role":"user","content":"Help"}'),
      ('default', 'run_open', 'agent', 0, 1, '{"role":"assistant","toolCalls":[{"id":"c1","name":"look","arguments":"{}"}]}');
    insert into treadle.transcript_profiles (tenant, run_id, agent, turn, profile) values
      ('default', 'run_open', 'agent', 0, '{"instructions":"Be brief.","tools":[]}');
    insert into treadle.pinned_tools (tenant, run_id, server, tools) values ('default', 'run_open', 'docs', '[{"name":"docs__search"}]');`,
  '0007': `
    insert into treadle.cached_results (tenant, key, output, created_at, expires_at) values
      ('default', '${'c'.repeat(64)}', '{"cached":1}', '2026-01-02T03:04:05.678Z', '2999-01-01T00:00:00Z');`,
  '0008': `
    insert into treadle.budgets (tenant, run_id, pauses, llm_calls_max, llm_calls) values ('default', 'run_open', false, 3, 2);
    insert into treadle.reservations (tenant, run_id, path, attempt, call, budget_runs, request_tokens, answer_tokens, request_usd, answer_usd)
      values ('default', 'run_open', 'a', 1, 1, '{run_open}', 1, 2, 0, 0);
    update treadle.runs set budget_runs = '{run_open}' where id = 'run_open';`,
  '0009': `
    insert into treadle.early_signals (tenant, run_id, seq, id, name, payload) values ('other', 'run_ended', 1, 'signal', 'go', '{"b":1,"a":2}');
    update treadle.runs set parent = 'run_parent', parent_node = 'c' where id = 'run_open';`,
  '0012': `
    insert into treadle.event_packs (tenant, run_id, first_seq, last_seq, bytes, blob) values
      ('default', 'run_packed', 1, 2, '\\x00ff', null), ('default', 'run_packed', 3, 4, null, '${BLOB.sha256}');`,
  '0017': `
    insert into treadle.functions (runtime, name, worker, description, input_schema, expires_at) values
      ('go', 'rank', 'worker', 'Ranks.', '{"type":"object"}', '2999-01-01T00:00:00Z');
    insert into treadle.attempt_states (tenant, run_id, path, attempt, state) values ('default', 'run_open', 'a', 1, '{"done":1}');`,
  '0018': `
    insert into treadle.workflows (tenant, name, version, description, document, document_sha256, plan_hash) values
      ('default', 'old', 1, 'An old one.', '{"ir":"treadle/v1","name":"old"}', 'print', 'hash');
    insert into treadle.workflow_labels (tenant, name, label, version) values ('default', 'old', 'live', 1);`,
  '0019': `
    insert into treadle.api_keys (id, tenant, name, secret_sha256, scopes) values ('abcd1234', 'default', 'ci', 'secret', '{runs:read}');
    insert into treadle.stream_tickets (sha256, tenant, run_id, expires_at) values ('ticket', 'default', 'run_open', '2999-01-01T00:00:00Z');
    insert into treadle.quotas (tenant, runs_at_once) values ('default', 5);`,
  '0021': "update treadle.runs set outbox_tail = 'abcdef' where id = 'run_open';",
  '0032': "insert into treadle.request_counts (tenant, minute, taken) values ('default', '2026-01-02T03:04:00Z', 2);",
}

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
      const isSince = (number: string) => version >= number
      for (const [number, rows] of Object.entries(LATER_ROWS)) if (isSince(number)) await admin.query(rows)
      // A reason was text once.
      const reason = isSince('0027') ? 'to_json($1::text)' : '$1'
      await admin.query(
        `update treadle.runs set cancel_requested = true, cancel_reason = ${reason} where id = 'run_open'`,
        ['why "so"'],
      )
      const before = await columnsOf(admin)
      for (const [table, rows] of Object.entries(before)) expect([table, rows.length > 0]).toEqual([table, true])
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
      if (isSince('0006')) await expectConversation(admin)
      if (isSince('0008')) await expectBudget(admin)
      if (isSince('0009'))
        expect(await runs.markStarted('other', 'run_ended')).toEqual({
          signals: [{ seq: 1, id: 'signal', name: 'go', payload: { b: 1, a: 2 } }],
          paused: false,
        })
      if (isSince('0017'))
        expect(await createFunctionStore({ pool: admin }).loadState(attempt('run_open'), WAIT)).toEqual({ done: 1 })
      if (isSince('0018'))
        expect(await createWorkflowStore({ pool: admin }).version('default', 'old', 'live')).toMatchObject({
          version: 1,
          document: { ir: 'treadle/v1', name: 'old' },
          plan: { plan: 1, name: 'old' },
        })
      if (isSince('0019'))
        expect((await admin.query("select tenant, scopes from treadle.find_key('secret')")).rows).toEqual([
          { tenant: 'default', scopes: ['runs:read'] },
        ])
      expect(
        await runs.close({
          run: { id: 'run_open', tenant: 'default', createdAt: '2026-01-02T03:04:05.678Z' },
          engineStatus: 'terminated',
          type: 'run.cancelled',
          data: { forced: true },
        }),
      ).toBe(true)
      const { rows: ended } = await admin.query(
        "select data from treadle.events where run_id = 'run_open' order by seq desc limit 1",
      )
      expect(ended).toEqual([{ data: '{"reason":"why \\"so\\"","forced":true}' }])
      expect(await runs.erase('default', 'run_open')).toBe('erased')
      expect(await runs.erase('other', 'run_ended')).toBe('active')
      expect(await runs.erase('default', 'run_ended')).toBe('erased')
      expect(await runs.get('default', 'run_ended')).toBeUndefined()
      expect(await runs.get('other', 'run_ended')).toBeDefined()
    } finally {
      await admin.end()
    }
  },
)

const WAIT = new AbortController().signal
const attempt = (id: string) => ({
  run: { id, tenant: 'default', createdAt: '2026-01-02T03:04:05.678Z' },
  path: 'a',
  attempt: 1,
})

async function expectConversation(pool: pg.Pool): Promise<void> {
  const transcripts = createTranscripts({ pool })
  const { run } = attempt('run_open')
  const { profile, messages } = await transcripts.read({ run, agent: 'agent', turn: 1 }, [], WAIT)
  expect(profile).toEqual({ instructions: 'Be brief.', tools: [] })
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  expect(await transcripts.pinTools(run, 'docs', undefined, WAIT)).toEqual([{ name: 'docs__search' }])
}

/** Of three calls two are made, one of them reserved: one more fits, and no other. */
async function expectBudget(pool: pg.Pool): Promise<void> {
  const budgets = createBudgets({ pool })
  const bounds = { requestTokens: 1, answerTokens: 1, requestUsd: 0, answerUsd: 0 }
  const reserve = async (call: number) => (await budgets.reserve({ ...attempt('run_open'), call }, bounds, WAIT)).status
  expect([await reserve(1), await reserve(2), await reserve(3)]).toEqual(['reserved', 'reserved', 'refused'])
}

/** Every row of the tables that there are, as JSON. */
async function columnsOf(pool: pg.Pool): Promise<Record<string, unknown[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(`
    select tablename as name from pg_tables
    where schemaname = 'treadle' and tablename !~ '^events_' and tablename not in ('migrations', 'routines')`)
  const rows: Record<string, unknown[]> = {}
  for (const { name } of tables)
    rows[name] = (await pool.query(`select to_json(t) as row from treadle.${name} t order by t::text`)).rows
  return rows
}
