import type { RunId, TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { inTenant } from '../database/transaction.ts'
import { readLine } from './serialised-event.ts'
import type { EventPage, ReadOptions } from './types.ts'

/** See EventLog.read. First where the run stands, then its events up to there: all of those are committed, whatever happens meanwhile. */
export function readEvents(
  pool: Pool,
  tenant: TenantId,
  runId: RunId,
  { after, limit, upTo }: ReadOptions,
): Promise<EventPage | undefined> {
  return inTenant(pool, tenant, async (client) => {
    const { rows } = await client.query<Head>({ name: 'treadle head', text: HEAD, values: [tenant, runId] })
    const head = rows[0]
    if (!head) return undefined
    const last = Math.min(head.last_seq, upTo ?? head.last_seq)
    const lines = after < last ? await readLines(client, [head.created_at, tenant, runId, after, last, limit]) : []
    return { events: lines.map((line) => readLine(line).event), lastSeq: head.last_seq, ended: head.ended }
  })
}

type Head = { created_at: Date; last_seq: number; ended: boolean }

const HEAD = `
  select created_at, last_seq, ended_seq is not null as ended from treadle.runs where tenant = $1 and id = $2`

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
