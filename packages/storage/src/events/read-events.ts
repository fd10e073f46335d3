import type { RunId, TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { inTenant } from '../database/transaction.ts'
import { findPack, type PackOpener, type PackPlace } from '../keeping/stored-packs.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { openEvent, readLine } from './serialised-event.ts'
import type { EventPage, ReadOptions, SerialisedEvent } from './types.ts'

type Source = { pool: Pool; packs: PackOpener; sealer: Sealer }

/**
 * See EventLog.read. First where the run stands, then its events up to there: all of those are committed, whatever happens meanwhile.
 * Those of an ended run may be packed, up to some event or all of them, and more of them from one look to the next: a look that does
 * not find the next event among the rows finds it in a pack.
 */
export async function readEvents(
  { pool, packs, sealer }: Source,
  tenant: TenantId,
  runId: RunId,
  { after, limit, upTo }: ReadOptions,
): Promise<EventPage | undefined> {
  const events: SerialisedEvent[] = []
  for (;;) {
    const position = events.at(-1)?.seq ?? after
    const found = await inTenant(pool, tenant, (client) =>
      look(client, tenant, runId, { after: position, limit: limit - events.length, upTo }),
    )
    if (!found) return undefined
    const { head, last, lines, pack } = found
    const next = pack ? slice(await packs.open(pack), pack, position, last) : lines
    for (const line of next.slice(0, limit - events.length)) events.push(openEvent(sealer, tenant, readLine(line)))
    const isWhole = events.length >= limit || (events.at(-1)?.seq ?? after) >= last
    if (isWhole || next.length === 0) return { events, lastSeq: head.last_seq, ended: head.ended }
  }
}

type Look = { head: Head; last: number; lines: string[]; pack: PackPlace | undefined }

async function look(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  { after, limit, upTo }: { after: number; limit: number; upTo: number | undefined },
): Promise<Look | undefined> {
  const { rows } = await client.query<Head>({ name: 'treadle head', text: HEAD, values: [tenant, runId] })
  const head = rows[0]
  if (!head) return undefined
  const last = Math.min(head.last_seq, upTo ?? head.last_seq)
  if (after >= last) return { head, last, lines: [], pack: undefined }
  const lines = head.packed ? [] : await readLines(client, [head.created_at, tenant, runId, after, last, limit])
  const [first] = lines
  const isNext = first !== undefined && readLine(first).event.seq === after + 1
  return { head, last, lines, pack: isNext ? undefined : await findPack(client, tenant, runId, after + 1) }
}

const slice = (lines: readonly string[], { first }: PackPlace, after: number, last: number): readonly string[] =>
  lines.slice(after + 1 - first, last + 1 - first)

type Head = { created_at: Date; last_seq: number; ended: boolean; packed: boolean }

const HEAD = `
  select created_at, last_seq, ended_seq is not null as ended, log_packed as packed from treadle.runs
  where tenant = $1 and id = $2`

// One value for a page: a row for each event costs more than the event.
async function readLines(client: PoolClient, values: unknown[]): Promise<string[]> {
  const { rows } = await client.query<{ lines: string | null }>({ name: 'treadle events', text: EVENTS, values })
  return rows[0]?.lines?.split('\n') ?? []
}

const EVENTS = `
  select string_agg(line, E'\\n' order by seq) as lines from (
    select seq, treadle.envelope(seq, run_id, type, time, node, attempt, data) as line from treadle.events
    where run_created_at = $1 and tenant = $2 and run_id = $3 and seq > $4 and seq <= $5 order by seq limit $6
  ) as page`
