import type { Json, Plan, RunId, TenantId } from '@treadle/contract'
import type { Pool } from 'pg'
import { FROM_TENANT, inTenant } from '../database/transaction.ts'
import { type Log, SILENT } from '../log.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { orphans, unheardChildren } from './children.ts'
import { keepSignal, markStarted } from './early-signals.ts'
import { freeKey, lookUpKey, renewKey, storeResponse, takeKey } from './idempotency.ts'
import { insertRun } from './insert-run.ts'
import { listRuns } from './list-runs.ts'
import { closeRun, openRuns, pendingStarts } from './reconcile.ts'
import { requestCancel, requestPause, requestResume } from './run-flags.ts'
import { readRun } from './run-row.ts'
import { readState, readWaiting } from './run-state.ts'
import type { RunHead, RunStore } from './types.ts'

const LEASE_MS = 60_000

export type RunStoreOptions = {
  /** Connections of a login in `treadle_api`. */
  pool: Pool
  /** How many runs a tenant may have at once that has no quota of its own. Default: as many as it starts. */
  runsAtOnce?: number | undefined
  /** Encrypts what is written, and opens what is read. Default: nothing is encrypted. */
  sealer?: Sealer
  log?: Log
}

export const createRunStore = ({ pool, runsAtOnce, sealer = NO_SEALER, log = SILENT }: RunStoreOptions): RunStore => ({
  insert: (tenant, run) => insertRun(pool, sealer, tenant, run, runsAtOnce),
  get: (tenant, runId) => inTenant(pool, tenant, (client) => readRun(client, sealer, tenant, runId)),
  head: (tenant, runId) => readHead(pool, tenant, runId),
  list: (tenant, filter) => inTenant(pool, tenant, (client) => listRuns(client, sealer, tenant, filter)),
  state: (tenant, runId) => inTenant(pool, tenant, (client) => readState(client, sealer, tenant, runId)),
  planOf: (tenant, runId) => planOf(pool, sealer, tenant, runId),
  waiting: (tenant, runId) => inTenant(pool, tenant, (client) => readWaiting(client, sealer, tenant, runId)),
  requestCancel: (tenant, runId, reason) =>
    inTenant(pool, tenant, (client) => requestCancel(client, sealer, tenant, runId, reason)),
  requestPause: (tenant, runId, key) => inTenant(pool, tenant, (client) => requestPause(client, tenant, runId, key)),
  requestResume: (tenant, runId, limits, key) =>
    inTenant(pool, tenant, (client) => requestResume(client, tenant, runId, limits, key)),

  claimKey: (tenant, key, leaseMs = LEASE_MS) =>
    inTenant(pool, tenant, (client) => takeKey(client, sealer, tenant, key, leaseMs)),
  lookUpKey: (tenant, key) => inTenant(pool, tenant, (client) => lookUpKey(client, sealer, tenant, key)),
  renewKey: (tenant, key, leaseMs) => inTenant(pool, tenant, (client) => renewKey(client, tenant, key, leaseMs)),
  rememberAnswer: (tenant, key, response) =>
    inTenant(pool, tenant, (client) => storeResponse(client, sealer, tenant, key, response)),
  forgetKey: (tenant, key) => inTenant(pool, tenant, (client) => freeKey(client, tenant, key)),

  claimAnswered: (tenant, key, response) =>
    inTenant(pool, tenant, async (client) => {
      const claim = await takeKey(client, sealer, tenant, key, LEASE_MS)
      if (claim.outcome === 'first') await storeResponse(client, sealer, tenant, key, response)
      return claim
    }),

  keepSignal: (tenant, runId, signal, idempotency) =>
    inTenant(pool, tenant, async (client) => {
      const seq = await keepSignal(client, sealer, tenant, runId, signal)
      if (seq !== undefined && idempotency)
        await storeResponse(client, sealer, tenant, idempotency, idempotency.response(seq))
      return seq
    }),
  markStarted: (tenant, runId, delivered = 0) => markStarted(pool, sealer, tenant, runId, delivered),
  pendingStarts: (due) => pendingStarts({ pool, sealer, log }, due),
  openRuns: (due) => openRuns(pool, due),
  orphans: (due) => orphans(pool, due),
  unheardChildren: (tenant, runId, olderThanMs) =>
    inTenant(pool, tenant, (client) => unheardChildren(client, sealer, tenant, runId, olderThanMs)),
  close: (end) => closeRun(pool, sealer, end),
  erase: (tenant, runId) =>
    inTenant(pool, tenant, async (client) => {
      const { rows } = await client.query<{ done: Awaited<ReturnType<RunStore['erase']>> }>(
        'select treadle.erase_own_run($1) as done',
        [runId],
      )
      return rows[0]?.done ?? 'not-found'
    }),
  setEngineStatus: (tenant, runId, engineStatus) =>
    inTenant(pool, tenant, async (client) => {
      const text = 'update treadle.runs set engine_status = $3 where tenant = $1 and id = $2'
      await client.query(text, [tenant, runId, engineStatus])
    }),
})

async function readHead(pool: Pool, tenant: TenantId, runId: RunId): Promise<RunHead | undefined> {
  const { rows } = await pool.query<{ last_seq: number; ended_seq: number | null }>({
    name: 'treadle run head',
    text: `select h.last_seq, h.ended_seq ${FROM_TENANT} cross join lateral treadle.run_head(t.tenant, $2) as h`,
    values: [tenant, runId],
  })
  const [head] = rows
  return head && { lastSeq: head.last_seq, ...(head.ended_seq !== null && { endedSeq: head.ended_seq }) }
}

function planOf(pool: Pool, sealer: Sealer, tenant: TenantId, runId: RunId): Promise<Plan | undefined> {
  return inTenant(pool, tenant, async (client) => {
    const text = `select p.plan from treadle.runs r join treadle.plans p on p.tenant = r.tenant and p.hash = r.plan_hash
      where r.tenant = $1 and r.id = $2`
    const { rows } = await client.query<{ plan: Plan }>({ name: 'treadle plan', text, values: [tenant, runId] })
    return rows[0] && (sealer.open({ tenant }, rows[0].plan as Json) as unknown as Plan)
  })
}
