import type { Pool } from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

let id = ''
beforeAll(async () => {
  id = (await storage().startRun()).id
})

// What neither of the services may do, whatever takes it over.
const FORBIDDEN = [
  'delete from treadle.events',
  "update treadle.events set data = '{}'",
  'truncate treadle.events',
  'delete from treadle.runs',
  'delete from treadle.checkpoints',
  'create table treadle.own (id int)',
  'drop table treadle.events',
  'alter table treadle.runs disable row level security',
  'create policy mine on treadle.runs using (true)',
  'select * from treadle.migrations',
  'select * from treadle.routines',
  'create role somebody',
  'set role postgres',
]

describe.each([
  ['API', () => storage().api],
  ['worker', () => storage().worker],
])('the role of the %s', (_, pool) => {
  test.each(FORBIDDEN)('may not: %s', async (text) => {
    await expect(pool().query(text)).rejects.toThrow(/permission denied|must be owner/)
  })
})

test('the API sees no row at all without a tenant, and only the tenant’s with one', async () => {
  const { rows: tables } = await storage().admin.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'treadle' and has_table_privilege('treadle_api', format('%I.%I', schemaname, tablename), 'select')",
  )
  expect(tables.map(({ name }) => name)).toContain('events')
  for (const { name } of tables) {
    expect([name, await count(storage().api, name)]).toEqual([name, 0])
    expect([name, await count(storage().api, name, 'other')]).toEqual([name, 0])
  }
  expect(await count(storage().api, 'runs', 'default')).toBe(1)
  expect(await count(storage().worker, 'runs')).toBe(1)
})

// Functions of workers are no tenant's.
test('every table has row-level security, and every row its tenant', async () => {
  const { rows } = await storage().admin.query(`
    select c.relname, c.relrowsecurity and c.relforcerowsecurity as secured,
      exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant' and a.attnotnull) as has_tenant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'treadle' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('migrations', 'routines', 'functions')`)
  expect(rows.filter(({ secured, has_tenant }) => !secured || !has_tenant)).toEqual([])
  expect(rows.length).toBeGreaterThan(8)
})

test('a partition cannot be reached around its table', async () => {
  const { rows } = await storage().admin.query<{ name: string }>(
    "select relname as name from pg_class where relname ~ '^events_[0-9]+$'",
  )
  expect(rows.length).toBeGreaterThan(0)
  for (const { name } of rows) {
    await expect(storage().worker.query(`select from treadle.${name}`)).rejects.toThrow('permission denied')
  }
})

test('the API cannot write into another tenant', async () => {
  const text = "update treadle.runs set tenant = 'other' where tenant = 'default' and id = $1"
  const client = await storage().api.connect()
  await client.query("begin; set local treadle.tenant = 'default'")
  await expect(client.query(text, [id])).rejects.toThrow('row-level security')
  await client.query('rollback')
  client.release()
})

async function count(pool: Pool, table: string, tenant = ''): Promise<number> {
  const client = await pool.connect()
  await client.query(`begin; set local treadle.tenant = '${tenant}'`)
  const { rows } = await client.query<{ count: number }>(`select count(*)::int from treadle.${table}`)
  await client.query('commit')
  client.release()
  return rows[0]?.count ?? -1
}
