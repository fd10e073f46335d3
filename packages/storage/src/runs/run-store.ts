import type { Plan, RunId, TenantId } from '@treadle/contract'
import type { Pool } from 'pg'
import { inTenant } from '../database/transaction.ts'
import { orphans, unheardChildren } from './children.ts'
import { keepSignal, markStarted } from './early-signals.ts'
import { freeKey, lookUpKey, renewKey, storeResponse, takeKey } from './idempotency.ts'
import { insertRun } from './insert-run.ts'
import { listRuns } from './list-runs.ts'
import { closeRun, openRuns, pendingStarts } from './reconcile.ts'
import { requestCancel, requestPause, requestResume } from './run-flags.ts'
import { readRun } from './run-row.ts'
import { readState, readWaiting } from './run-state.ts'
import type { RunStore } from './types.ts'

const LEASE_MS = 60_000

export type RunStoreOptions = {
  /** Connections of a login in `treadle_api`. */
  pool: Pool
  /** How many runs a tenant may have at once that has no quota of its own. Default: as many as it starts. */
  runsAtOnce?: number | undefined
}

export const createRunStore = ({ pool, runsAtOnce }: RunStoreOptions): RunStore => ({
  insert: (tenant, run) => insertRun(pool, tenant, run, runsAtOnce),
  get: (tenant, runId) => inTenant(pool, tenant, (client) => readRun(client, tenant, runId)),
  list: (tenant, filter) => inTenant(pool, tenant, (client) => listRuns(client, tenant, filter)),
  state: (tenant, runId) => inTenant(pool, tenant, (client) => readState(client, tenant, runId)),
  planOf: (tenant, runId) => planOf(pool, tenant, runId),
  waiting: (tenant, runId) => inTenant(pool, tenant, (client) => readWaiting(client, tenant, runId)),
  requestCancel: (tenant, runId, reason) =>
    inTenant(pool, tenant, (client) => requestCancel(client, tenant, runId, reason)),
  requestPause: (tenant, runId, key) => inTenant(pool, tenant, (client) => requestPause(client, tenant, runId, key)),
  requestResume: (tenant, runId, limits, key) =>
    inTenant(pool, tenant, (client) => requestResume(client, tenant, runId, limits, key)),

  claimKey: (tenant, key, leaseMs = LEASE_MS) =>
    inTenant(pool, tenant, (client) => takeKey(client, tenant, key, leaseMs)),
  lookUpKey: (tenant, key) => inTenant(pool, tenant, (client) => lookUpKey(client, tenant, key)),
  renewKey: (tenant, key, leaseMs) => inTenant(pool, tenant, (client) => renewKey(client, tenant, key, leaseMs)),
  rememberAnswer: (tenant, key, response) =>
    inTenant(pool, tenant, (client) => storeResponse(client, tenant, key, response)),
  forgetKey: (tenant, key) => inTenant(pool, tenant, (client) => freeKey(client, tenant, key)),

  claimAnswered: (tenant, key, response) =>
    inTenant(pool, tenant, async (client) => {
      const claim = await takeKey(client, tenant, key, LEASE_MS)
      if (claim.outcome === 'first') await storeResponse(client, tenant, key, response)
      return claim
    }),

  keepSignal: (tenant, runId, signal, idempotency) =>
    inTenant(pool, tenant, async (client) => {
      const seq = await keepSignal(client, tenant, runId, signal)
      if (seq !== undefined && idempotency) await storeResponse(client, tenant, idempotency, idempotency.response(seq))
      return seq
    }),
  markStarted: (tenant, runId, delivered = 0) =>
    inTenant(pool, tenant, (client) => markStarted(client, tenant, runId, delivered)),
  pendingStarts: (due) => pendingStarts(pool, due),
  openRuns: (due) => openRuns(pool, due),
  orphans: (due) => orphans(pool, due),
  unheardChildren: (tenant, runId, olderThanMs) =>
    inTenant(pool, tenant, (client) => unheardChildren(client, tenant, runId, olderThanMs)),
  close: (end) => closeRun(pool, end),
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

function planOf(pool: Pool, tenant: TenantId, runId: RunId): Promise<Plan | undefined> {
  return inTenant(pool, tenant, async (client) => {
    const text = `select p.plan from treadle.runs r join treadle.plans p on p.tenant = r.tenant and p.hash = r.plan_hash
      where r.tenant = $1 and r.id = $2`
    const { rows } = await client.query<{ plan: Plan }>({ name: 'treadle plan', text, values: [tenant, runId] })
    return rows[0]?.plan
  })
}
