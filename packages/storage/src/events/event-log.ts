import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import type { EventLog } from './types.ts'

export type EventLogOptions = {
  /** Connections of a login in `treadle_api`. */
  pool: Pool
  /** Where to LISTEN: a direct connection, not one through a transaction pooler. */
  listenUrl: string
  log?: Log
}

export function createEventLog(_options: EventLogOptions): EventLog {
  throw new Error('Not there yet.')
}
