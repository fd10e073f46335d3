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
