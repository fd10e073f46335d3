import pg from 'pg'
import { type Log, SILENT } from '../log.ts'

export type PoolOptions = {
  url: string
  /** Shown in pg_stat_activity. */
  applicationName: string
  /** Connections. Default 10. */
  max?: number
  /** A statement that takes longer is cancelled. Default 5,000; 0: never. */
  statementTimeoutMs?: number
  log?: Log
}

const STATEMENT_TIMEOUT_MS = 5_000
const LOCK_TIMEOUT_MS = 2_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_MS = 5_000
/** Postgres answers within the statement's time, be it by an error. Past this much more the connection has fallen silent, and is given up. */
const SILENCE_MS = 5_000

/**
 * A pool whose clients survive the death of Postgres: a client without an error listener, checked out or not, would take the process down.
 * Connections are made when they are needed, so this never throws.
 */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, applicationName, max = 10, statementTimeoutMs = STATEMENT_TIMEOUT_MS, log = SILENT } = options
  const pool = new pg.Pool({
    connectionString: url,
    application_name: applicationName,
    max,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs === 0 ? 0 : statementTimeoutMs + SILENCE_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
  })
  const onError = (error: Error) => log.warn({ err: error, applicationName }, 'A Postgres connection was lost')
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError))
  return pool
}
