import { ensureLogin, migrate } from '@treadle/storage'
import pg from 'pg'

export type DatabaseUrls = {
  /** Of a role that may create roles and owns the database. */
  adminUrl: string
  /** For the API: a login of the role `treadle_api`. */
  apiUrl: string
  /** For workers: a login of the role `treadle_worker`. */
  workerUrl: string
}

/**
 * Brings a database to the newest schema, and gives the API and the workers the logins that stand in their URLs, with
 * these passwords. May be repeated, and may race.
 */
export async function prepareDatabase(
  { adminUrl, apiUrl, workerUrl }: DatabaseUrls,
  { log }: { log?: (message: string) => void } = {},
): Promise<void> {
  await migrate({ adminUrl, ...(log && { log }) })
  await ensureLogin({ adminUrl, ...loginOf(apiUrl), role: 'treadle_api' })
  await ensureLogin({ adminUrl, ...loginOf(workerUrl), role: 'treadle_worker' })
}

/** The three URLs of one database, with logins that have the same password. */
export const databaseUrls = (adminUrl: string, password: string): DatabaseUrls => ({
  adminUrl,
  apiUrl: withLogin(adminUrl, 'treadle_api_login', password),
  workerUrl: withLogin(adminUrl, 'treadle_worker_login', password),
})

/** Creates a database, unless it is there. `adminUrl` leads to any other database of the server. */
export async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  client.on('error', () => {}) // Without a listener a lost connection ends the process; the query rejects anyway.
  await client.connect()
  try {
    await client.query(`create database ${client.escapeIdentifier(name)}`)
  } catch (error) {
    if ((error as { code?: string }).code !== DUPLICATE_DATABASE) throw error
  } finally {
    await client.end()
  }
}

const DUPLICATE_DATABASE = '42P04'

function loginOf(url: string): { name: string; password: string } {
  const { username, password } = new URL(url)
  return { name: decodeURIComponent(username), password: decodeURIComponent(password) }
}

function withLogin(url: string, name: string, password: string): string {
  const changed = new URL(url)
  changed.username = name
  changed.password = encodeURIComponent(password)
  return changed.href
}
