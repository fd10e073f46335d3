import type { RunId, TenantId } from '@treadle/contract'
import type { Pool } from 'pg'
import { FROM_TENANT } from '../database/transaction.ts'
import type { PackOpener, PackPlace } from '../keeping/stored-packs.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { type EventColumns, eventsOf } from './event-columns.ts'
import type { EventPage, ReadOptions, SerialisedEvent } from './types.ts'

type Source = { pool: Pool; packs: PackOpener; sealer: Sealer }

/** See EventLog.read, and `treadle.read_events`. Where a page goes on in a pack, or past its end, that is another look. */
export async function readEvents(
  { pool, packs, sealer }: Source,
  tenant: TenantId,
  runId: RunId,
  { after, limit, upTo }: ReadOptions,
): Promise<EventPage | undefined> {
  const events: SerialisedEvent[] = []
  for (;;) {
    const position = events.at(-1)?.seq ?? after
    const values = [tenant, runId, position, upTo ?? null, limit - events.length]
    const { rows } = await pool.query<Look>({ name: 'treadle events', text: READ, values })
    const [look] = rows
    if (!look) return undefined
    const pack = packIn(look, tenant, runId)
    const next = pack
      ? slice(await packs.open(pack), pack, position, look.page_end)
      : hasEvents(look)
        ? eventsOf(sealer, tenant, runId, look)
        : []
    for (const event of next.slice(0, limit - events.length)) events.push(event)
    const isWhole = events.length >= limit || (events.at(-1)?.seq ?? after) >= look.page_end
    if (isWhole || next.length === 0) return { events, lastSeq: look.last_seq, ended: look.ended }
  }
}

type Nulls<Row> = { [Column in keyof Row]: null }

/** A row of `treadle.read_events`. */
type Look = { last_seq: number; ended: boolean; page_end: number } & (EventColumns | Nulls<EventColumns>) &
  (PackColumns | Nulls<PackColumns>)

type PackColumns = { pack_first: number; pack_last: number; packed_at: Date; bytes: Buffer | null; blob: string | null }

const hasEvents = (look: Look): look is Look & EventColumns => look.first !== null

function packIn(look: Look, tenant: TenantId, runId: RunId): PackPlace | undefined {
  if (look.pack_first === null) return undefined
  const { pack_first: first, pack_last: last, packed_at: packedAt, bytes, blob } = look
  return { tenant, runId, first, last, packedAt, bytes, blob }
}

const slice = (events: readonly SerialisedEvent[], { first }: PackPlace, after: number, last: number) =>
  events.slice(after + 1 - first, last + 1 - first)

const READ = `select e.* ${FROM_TENANT} cross join lateral treadle.read_events(t.tenant, $2, $3, $4, $5) as e`
