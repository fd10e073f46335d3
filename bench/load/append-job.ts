import type { RunRef } from '@treadle/contract'

export const BATCH_EVENTS = 60
export const PLAIN_TABLE = 'plain_events'
export const HEADS_TABLE = 'plain_heads'
export const ATTEMPTS_TABLE = 'plain_attempts'

/** What one of the processes that append is given. */
export type AppendJob = {
  mode: 'appender' | 'plain' | 'told'
  url: string
  runs: RunRef[]
  batches: number
  writer: string
}
