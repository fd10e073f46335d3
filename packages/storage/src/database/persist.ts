import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool, QueryConfig } from 'pg'
import { isTransient } from './transient.ts'

const PAUSE_MS = 100
const PAUSE_MS_MAX = 5_000

/**
 * The one value of the one row of a statement that may be repeated. An outage is waited out, until `signal` aborts.
 * @throws the signal's reason, or an error of Postgres that another try would not mend
 */
export async function persistentQuery<Value>(pool: Pool, query: QueryConfig, signal: AbortSignal): Promise<Value> {
  for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX)) {
    signal.throwIfAborted()
    try {
      const { rows } = await pool.query<{ value: Value }>(query)
      return rows[0]?.value as Value
    } catch (error) {
      if (!isTransient(error)) throw error
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}
