import type { RunRef } from '@treadle/contract'

export const BATCH_EVENTS = 60
export const PLAIN_TABLE = 'plain_events'
export const HEADS_TABLE = 'plain_heads'
export const ATTEMPTS_TABLE = 'plain_attempts'

/** What one of the processes that append is given: what it prepares for, and warms up with, then `go`. */
export type AppendMessage = AppendJob | 'go'

export type AppendJob = {
  mode: 'appender' | 'plain' | 'told'
  url: string
  runs: RunRef[]
  /** What is measured. */
  batches: number
  /** Written before, so that V8 has compiled what writes and Postgres has its plans. */
  batchesBefore: number
  /** Marks the rows of the plain modes as this job's. */
  writer: string
}
