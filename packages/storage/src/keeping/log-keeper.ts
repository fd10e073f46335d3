import type { Pool, PoolClient } from 'pg'
import { createBlobRefs } from '../blobs/blob-refs.ts'
import type { BlobStore } from '../blobs/types.ts'
import { type Log, SILENT } from '../log.ts'
import { createRounds } from '../rounds.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { archivePack, type StoredPack } from './archive-pack.ts'
import { type EndedRun, PACK_EVENTS_MAX, packLog } from './pack-log.ts'

export type LogKeeperOptions = {
  /** Connections of a login in `treadle_worker`. Two at a time are used. */
  pool: Pool
  blobs: Pick<BlobStore, 'put'>
  /** A log is packed this long after its run has ended: whoever still reads along finds it where it was. Default 10 minutes. */
  packAfterMs?: number
  /** A pack is moved to the blobs after this time. Default 7 days. */
  archiveAfterMs?: number
  /** At most this many events in one pack. Default 2,000. */
  packEventsMax?: number
  /** Between two rounds. Default 30 seconds. */
  intervalMs?: number
  /** Opens what is packed, and encrypts the packs. Default: nothing is encrypted. */
  sealer?: Sealer
  log?: Log
}

/** What a round did. All are 0 where another process is at it. */
export type KeptLogs = { packed: number; archived: number; dropped: number }

export type LogKeeper = {
  start(): void
  /** Resolves when the round under way is done; it ends early. */
  stop(): Promise<void>
  /** One round now. */
  keep(): Promise<KeptLogs>
}

const MINUTE_MS = 60_000
const PACK_AFTER_MS = 10 * MINUTE_MS
const ARCHIVE_AFTER_MS = 7 * 24 * 60 * MINUTE_MS
const INTERVAL_MS = MINUTE_MS / 2
const BATCH = 100

// Any number will do that nothing else in the database takes; advisory locks are per database.
const LOCK = 7_261_935_003

/**
 * Keeps the logs of ended runs: packs them, moves packs to the blobs, and drops partitions that are empty by then. Each step is safe
 * by itself, whoever does it and how often; the lock only saves processes from doing the same work. A lost connection frees it.
 */
export function createLogKeeper(options: LogKeeperOptions): LogKeeper {
  const { pool, blobs, sealer = NO_SEALER, intervalMs = INTERVAL_MS, log = SILENT } = options
  const { packEventsMax: eventsMax = PACK_EVENTS_MAX } = options
  const { packAfterMs = PACK_AFTER_MS, archiveAfterMs = ARCHIVE_AFTER_MS } = options
  const refs = createBlobRefs({ pool })
  const rounds = createRounds(intervalMs, async () => {
    await keep().catch((error: unknown) => log.warn({ err: error }, 'Keeping logs failed, and is tried again'))
  })

  return { start: rounds.start, stop: rounds.stop, keep }

  async function keep(): Promise<KeptLogs> {
    return (await alone(pool, keepAll)) ?? { packed: 0, archived: 0, dropped: 0 }
  }

  async function keepAll(): Promise<KeptLogs> {
    const packed = await each(unpackedRuns, (run) => packLog({ pool, sealer, eventsMax }, run))
    const archived = await each(unarchivedPacks, (pack) => archivePack({ pool, blobs, refs }, pack))
    const { rows } = await pool.query<{ dropped: number }>(DROP)
    return { packed, archived, dropped: rows[0]?.dropped ?? 0 }
  }

  /** Does the work for all that there is, once each; what fails is left for the next round, and hides nothing that comes after it. */
  async function each<Item extends { at: string }>(
    pageAfter: (last: Item | undefined) => Promise<Item[]>,
    work: (item: Item) => Promise<void>,
  ): Promise<number> {
    let done = 0
    for (
      let page = await pageAfter(undefined);
      page.length > 0 && !rounds.isStopped;
      page = await pageAfter(page.at(-1))
    ) {
      for (const item of page) {
        if (rounds.isStopped) break
        try {
          await work(item)
          done += 1
        } catch (error) {
          log.warn({ err: error, item }, 'A log could not be kept, and is tried again')
        }
      }
    }
    return done
  }

  async function unpackedRuns(last: (EndedRun & { at: string }) | undefined): Promise<(EndedRun & { at: string })[]> {
    const values = [packAfterMs, last?.at ?? null, last?.tenant ?? '', last?.id ?? '', BATCH]
    return (await pool.query<EndedRun & { at: string }>(UNPACKED, values)).rows
  }

  async function unarchivedPacks(
    last: (StoredPack & { at: string }) | undefined,
  ): Promise<(StoredPack & { at: string })[]> {
    const values = [archiveAfterMs, last?.at ?? null, last?.tenant ?? '', last?.runId ?? '', last?.first ?? 0, BATCH]
    return (await pool.query<StoredPack & { at: string }>(UNARCHIVED, values)).rows
  }
}

/** Runs `work` unless another process does; undefined then. */
async function alone<Result>(pool: Pool, work: () => Promise<Result>): Promise<Result | undefined> {
  const client: PoolClient = await pool.connect()
  let broken: Error | undefined
  try {
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK])
    if (!rows[0]?.mine) return undefined
    const result = await work()
    await client.query('select pg_advisory_unlock($1)', [LOCK])
    return result
  } catch (error) {
    broken = error as Error // The lock goes with the connection.
    throw error
  } finally {
    client.release(broken)
  }
}

// Times travel as text: a Date has milliseconds only, and would pass over, or repeat, what lies between two of them.
const UNPACKED = `
  select tenant, id, created_at as "createdAt", ended_seq as "endedSeq", ended_at::text as at from treadle.runs
  where ended_seq is not null and not log_packed and ended_at < clock_timestamp() - $1::float8 * interval '1 ms'
    and (ended_at, tenant, id) > (coalesce($2::timestamptz, '-infinity'), $3, $4)
  order by ended_at, tenant, id limit $5`

const UNARCHIVED = `
  select tenant, run_id as "runId", first_seq as first, packed_at::text as at from treadle.event_packs
  where bytes is not null and packed_at < clock_timestamp() - $1::float8 * interval '1 ms'
    and (packed_at, tenant, run_id, first_seq) > (coalesce($2::timestamptz, '-infinity'), $3, $4, $5)
  order by packed_at, tenant, run_id, first_seq limit $6`

// Of today and yesterday runs may still be created: clocks differ.
const DROP = "select treadle.drop_empty_partitions((clock_timestamp() at time zone 'UTC')::date - 1) as dropped"
