import type { Pool } from 'pg'
import type { Log } from '../log.ts'
import type { Appender } from './types.ts'

export type AppenderOptions = {
  /** Connections of a login in `treadle_worker`. One at a time is used. */
  pool: Pool
  /** Past this many bytes of waiting events `room` keeps its callers waiting. Default 8 MiB. */
  bytesMax?: number
  /** `hint`: notifications name runs and positions only, never content. Default `data`. */
  notify?: 'data' | 'hint'
  log?: Log
}

export function createAppender(_options: AppenderOptions): Appender {
  throw new Error('Not there yet.')
}
