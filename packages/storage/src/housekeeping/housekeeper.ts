import type { Pool } from 'pg'
import { sweepBlobs } from '../blobs/sweep-blobs.ts'
import type { BlobStore } from '../blobs/types.ts'
import { type Log, SILENT } from '../log.ts'
import { createRounds } from '../rounds.ts'

export type HousekeeperOptions = {
  /** Connections of a login in `treadle_worker`. One at a time is used. */
  pool: Pool
  blobs: BlobStore
  /** Runs are erased so long after their end. 0: never. Default 90 days. */
  retentionMs?: number
  /** Blobs without a reference are kept so long after somebody was last about to refer to them. Default 24 hours. */
  untouchedForMs?: number
  /** Between two rounds. Default 1 minute. */
  intervalMs?: number
  log?: Log
}

/** What a round did. */
export type Kept = { erased: number; swept: number; forgotten: number }

export type Housekeeper = {
  start(): void
  /** Resolves when the round under way is done. */
  stop(): Promise<void>
  /** One round now. */
  keep(): Promise<Kept>
}

const DAY_MS = 24 * 60 * 60 * 1_000
const RETENTION_MS = 90 * DAY_MS
const INTERVAL_MS = 60_000
const RUNS_AT_ONCE = 20
const KEYS_AT_ONCE = 1_000
const RESULTS_AT_ONCE = 1_000
/** So that a round ends, and a stop need not wait for long. */
const RUNS_A_ROUND = 1_000
const BLOBS_A_ROUND = 1_000

/**
 * Erases runs whose time is over, forgets idempotency keys and cached results, and sweeps blobs that nothing refers to any more, round after round. Each step
 * holds the lock of what it deletes, so any number of processes may do it at once, and a round that fails is simply followed by the next.
 */
export function createHousekeeper(options: HousekeeperOptions): Housekeeper {
  const { pool, blobs, retentionMs = RETENTION_MS, untouchedForMs, intervalMs = INTERVAL_MS, log = SILENT } = options
  const rounds = createRounds(intervalMs, async () => {
    try {
      const kept = await keep()
      if (kept.erased + kept.swept > 0) log.info({ ...kept }, 'Old runs and blobs were erased')
    } catch (error) {
      log.warn({ err: error }, 'Erasing old runs and blobs failed, and is tried again')
    }
  })

  return { start: rounds.start, stop: rounds.stop, keep }

  async function keep(): Promise<Kept> {
    let erased = 0
    for (
      let last = RUNS_AT_ONCE;
      retentionMs > 0 && last === RUNS_AT_ONCE && erased < RUNS_A_ROUND && !rounds.isStopped;
    ) {
      last = await call("select treadle.erase_old_runs($1::float8 * interval '1 ms', $2) as count", [
        retentionMs,
        RUNS_AT_ONCE,
      ])
      erased += last
    }
    const forgotten = await call('select treadle.forget_old_keys($1) + treadle.forget_old_results($2) as count', [
      KEYS_AT_ONCE,
      RESULTS_AT_ONCE,
    ])
    const swept = await sweepBlobs({
      pool,
      blobs,
      ...(untouchedForMs !== undefined && { untouchedForMs }),
      limit: rounds.isStopped ? 0 : BLOBS_A_ROUND,
    })
    return { erased, swept, forgotten }
  }

  async function call(text: string, values: unknown[]): Promise<number> {
    const { rows } = await pool.query<{ count: number }>(text, values)
    return rows[0]?.count ?? 0
  }
}
