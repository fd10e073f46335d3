import { ensureLogin, type Log, migrate } from '@treadle/storage'
import pg from 'pg'

export type DatabaseUrls = {
  /** The superuser's, for tests and for looking around. */
  adminUrl: string
  /** For the API: a login of the role `treadle_api`. */
  apiUrl: string
  /** For workers: a login of the role `treadle_worker`. */
  workerUrl: string
}

/**
 * Brings a database to the newest schema and gives each kind of service its own login. May be repeated, and may race.
 * `serverUrl(database)` is the address of a role that may create databases and roles.
 */
export async function prepareDatabase({
  serverUrl,
  database,
  password,
  log,
}: {
  serverUrl: (database: string) => string
  database: string
  /** Of the two logins. */
  password: string
  log?: Log
}): Promise<DatabaseUrls> {
  await ensureDatabase(serverUrl('postgres'), database)
  const adminUrl = serverUrl(database)
  await migrate({ adminUrl, ...(log && { log }) })
  await ensureLogin({ adminUrl, name: 'treadle_api_login', password, role: 'treadle_api' })
  await ensureLogin({ adminUrl, name: 'treadle_worker_login', password, role: 'treadle_worker' })
  return {
    adminUrl,
    apiUrl: withLogin(adminUrl, 'treadle_api_login', password),
    workerUrl: withLogin(adminUrl, 'treadle_worker_login', password),
  }
}

/** The same database as somebody else. */
export function withLogin(url: string, name: string, password: string): string {
  const changed = new URL(url)
  changed.username = name
  changed.password = encodeURIComponent(password)
  return changed.href
}

const DUPLICATE_DATABASE = '42P04'

async function ensureDatabase(adminUrl: string, name: string): Promise<void> {
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
