import { createHash } from 'node:crypto'
import type { RunId, TenantId } from '@treadle/contract'
import type { Pool } from 'pg'
import { openEvent, readLine } from '../events/serialised-event.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { toBytes } from './pack-bytes.ts'

/** A pack is what a reader has to open to get any of its events, so it is not much more than a page. */
export const PACK_EVENTS_MAX = 2_000
const BYTES_MAX = 1024 * 1024

export type EndedRun = { tenant: TenantId; id: RunId; createdAt: Date; endedSeq: number }

/** `eventsMax`: of one pack. */
export type Packing = { pool: Pool; sealer: Sealer; eventsMax: number }

/**
 * Packs the log of an ended run, one pack after the other, each in a transaction of its own: readers find every event in one of both
 * places, and whoever dies in between leaves a log that the next one goes on with. Several may do it at once: of two packs one is taken.
 * Resolves when no event of the log is left outside of packs. @throws Error when an event cannot be packed; then it stays where it is.
 */
export async function packLog({ pool, sealer, eventsMax }: Packing, run: EndedRun): Promise<void> {
  for (let packed = await packedUpTo(pool, run); packed < run.endedSeq; packed = await packedUpTo(pool, run)) {
    const lines = await nextLines(pool, run, packed, eventsMax)
    if (lines.length === 0) return // Somebody else has packed them just now, or the run was erased.
    const sha256 = createHash('sha256').update(lines.join('\n')).digest()
    // Encrypted once, as a whole: ciphertext does not get smaller.
    const opened = lines.map((line) => openEvent(sealer, run.tenant, readLine(line)).json)
    const bytes = await toBytes(sealer, run.tenant, opened)
    await pool.query({
      name: 'treadle pack',
      text: 'select treadle.pack_events($1, $2, $3, $4, $5, $6)',
      values: [run.tenant, run.id, packed + 1, packed + lines.length, sha256, bytes],
    })
  }
}

async function packedUpTo(pool: Pool, { tenant, id }: EndedRun): Promise<number> {
  const text = 'select coalesce(max(last_seq), 0) as last from treadle.event_packs where tenant = $1 and run_id = $2'
  const { rows } = await pool.query<{ last: number }>({ name: 'treadle packed', text, values: [tenant, id] })
  return rows[0]?.last ?? 0
}

async function nextLines(
  pool: Pool,
  { tenant, id, createdAt }: EndedRun,
  after: number,
  eventsMax: number,
): Promise<string[]> {
  const values = [createdAt, tenant, id, after, eventsMax, BYTES_MAX]
  const { rows } = await pool.query<{ lines: string | null }>({ name: 'treadle unpacked', text: NEXT_LINES, values })
  return rows[0]?.lines?.split('\n') ?? []
}

const NEXT_LINES = `
  select string_agg(line, E'\\n' order by seq) as lines from (
    select seq, line, sum(octet_length(line)) over (order by seq) as bytes from (
      select seq, treadle.envelope(seq, run_id, type, time, node, attempt, data) as line from treadle.events
      where run_created_at = $1 and tenant = $2 and run_id = $3 and seq > $4 order by seq limit $5
    ) as next
  ) as sized where bytes <= $6 or seq = $4 + 1`
