import { randomUUID } from 'node:crypto'
import { type DatabaseUrls, databaseUrls } from '@treadle/local'
import pg from 'pg'
import type { Shared } from './global-setup.ts'

/** A fresh database with the newest schema: a clone of the template, which is much faster than migrating. */
export async function cloneDatabase({ adminUrl, password, template }: Shared['postgres']): Promise<DatabaseUrls> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: adminUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`)
  } finally {
    await client.end()
  }
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return databaseUrls(url.href, password)
}

type OfStack = { database: Pick<DatabaseUrls, 'adminUrl'> }

/** What one statement gives, as the owner of the stack's database, on a connection of its own. */
export async function rowsOf<Row>(
  { database }: OfStack,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  try {
    return (await client.query(text, [...values])).rows
  } finally {
    await client.end()
  }
}

/** The names of all tables of Treadle, partitions included, in their order. */
export async function tablesOf(stack: OfStack): Promise<string[]> {
  const text = "select quote_ident(tablename) as name from pg_tables where schemaname = 'treadle' order by 1"
  return (await rowsOf<{ name: string }>(stack, text)).map(({ name }) => name)
}
