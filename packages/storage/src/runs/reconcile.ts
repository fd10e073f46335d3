import type { Json, Plan, RunRef, RunStatus } from '@treadle/contract'
import type { Pool } from 'pg'
import { inTenant } from '../database/transaction.ts'
import type { Log } from '../log.ts'
import { sealData } from '../sealing/seal-data.ts'
import { SealedError } from '../sealing/sealed-error.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { readRun } from './run-row.ts'
import type { ForcedEnd, OpenRun, PendingStart } from './types.ts'

type Due = { olderThanMs: number; limit: number }

/** See RunStore.pendingStarts. Postgres shows which runs there are; what they hold is read as their tenant. */
export async function pendingStarts(
  { pool, sealer, log }: { pool: Pool; sealer: Sealer; log: Log },
  { olderThanMs, limit }: Due,
): Promise<PendingStart[]> {
  const { rows } = await pool.query<{ tenant: string; id: string }>(
    "select tenant, id from treadle.pending_starts($1::float8 * interval '1 ms', $2)",
    [olderThanMs, limit],
  )
  const starts: PendingStart[] = []
  for (const { tenant, id } of rows) {
    const start = await inTenant(pool, tenant, async (client) => {
      const run = await readRun(client, sealer, tenant, id)
      const { rows } = await client.query<{ plan: Plan; input: Json }>(PLAN_AND_INPUT, [tenant, id])
      if (!run || !rows[0]) return undefined
      const plan = sealer.open({ tenant }, rows[0].plan as Json) as unknown as Plan
      return { run, plan, input: sealer.open({ tenant, run: id }, rows[0].input) }
    }).catch((error: unknown) => {
      if (!(error instanceof SealedError)) throw error
      log.error({ err: error, tenant, runId: id }, 'A run cannot be started, and keeps no other from that')
      return undefined
    })
    if (start) starts.push(start)
  }
  return starts
}

const PLAN_AND_INPUT = `
  select p.plan, q.input from treadle.runs r
  join treadle.plans p on p.tenant = r.tenant and p.hash = r.plan_hash
  join treadle.run_requests q on q.tenant = r.tenant and q.run_id = r.id
  where r.tenant = $1 and r.id = $2`

/** See RunStore.openRuns. */
export async function openRuns(
  pool: Pool,
  { olderThanMs, limit, after }: Due & { after?: RunRef },
): Promise<OpenRun[]> {
  const { rows } = await pool.query<{
    tenant: string
    id: string
    created_at: Date
    status: RunStatus
    last_seq: number
  }>("select * from treadle.open_runs($1::float8 * interval '1 ms', $2, $3, $4, $5)", [
    olderThanMs,
    after?.createdAt ?? '-infinity',
    after?.tenant ?? '',
    after?.id ?? '',
    limit,
  ])
  return rows.map(({ tenant, id, created_at, status, last_seq }) => ({
    run: { id, tenant, createdAt: created_at.toISOString() },
    status,
    lastSeq: last_seq,
  }))
}

/** See RunStore.close. */
export function closeRun(pool: Pool, sealer: Sealer, { run, type, data, engineStatus }: ForcedEnd): Promise<boolean> {
  const place = { tenant: run.tenant, run: run.id }
  const error = type === 'run.failed' ? JSON.stringify(sealer.seal(place, data.error as Json)) : null
  // Postgres looks for the reason at the first place, to put in the one that was asked with where there is none.
  const shown = type === 'run.cancelled' && data.reason !== undefined ? { reason: data.reason, ...data } : data
  return inTenant(pool, run.tenant, async (client) => {
    const { rows } = await client.query<{ closed: boolean }>(
      'select treadle.close_run($1, $2, $3, $4, $5::json, $6) as closed',
      [run.tenant, run.id, type, sealData(sealer, place, type, shown), error, engineStatus],
    )
    return rows[0]?.closed ?? false
  })
}
