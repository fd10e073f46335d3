import type { RunCreatedData, TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { addRefs } from '../blobs/blob-refs.ts'
import { FROM_TENANT, inTenant } from '../database/transaction.ts'
import { sealDocument, sealPlan } from '../sealing/documents.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { storeResponse, takeKey } from './idempotency.ts'
import { newRunRow, PRIORITY_DEFAULT, readRun } from './run-row.ts'
import { takeOver } from './take-over.ts'
import type { InsertResult, NewRun, RunRow } from './types.ts'

// The key is taken, answered and committed in one transaction, so its lease is never seen by anybody.
const LEASE_MS = 60_000

/** A key that was taken for a run which turns out to exist must not be kept: leaves the transaction without committing it. */
class Refused extends Error {
  readonly result: InsertResult
  constructor(result: InsertResult) {
    super('Refused')
    this.result = result
  }
}

/** See RunStore.insert. What is stored besides the run itself makes a transaction of it; without that it is one statement. */
export async function insertRun(
  pool: Pool,
  sealer: Sealer,
  tenant: TenantId,
  run: NewRun,
  runsAtOnce: number | undefined,
): Promise<InsertResult> {
  const isAlone = !run.idempotency && !run.takesOver && (run.refersTo ?? []).length === 0
  if (!isAlone) {
    try {
      return await inTenant(pool, tenant, (client) => insertWithMore(client, sealer, tenant, run, runsAtOnce))
    } catch (error) {
      if (error instanceof Refused) return error.result
      throw error
    }
  }
  const { exceeded, created_at } = await insertRow(pool, sealer, tenant, run, runsAtOnce)
  if (exceeded !== null) return { outcome: 'quota-exceeded', runsAtOnce: exceeded }
  if (created_at !== null) return { outcome: 'created', run: newRunRow(tenant, run, created_at) }
  return inTenant(pool, tenant, (client) => existing(client, sealer, tenant, run))
}

async function insertWithMore(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  run: NewRun,
  runsAtOnce: number | undefined,
): Promise<InsertResult> {
  const { idempotency } = run
  if (idempotency) {
    const key = await takeKey(client, sealer, tenant, idempotency, LEASE_MS)
    if (key.outcome !== 'first') return key
  }
  const { exceeded, created_at } = await insertRow(client, sealer, tenant, run, runsAtOnce)
  if (exceeded !== null) throw new Refused({ outcome: 'quota-exceeded', runsAtOnce: exceeded })
  if (created_at === null) throw new Refused(await existing(client, sealer, tenant, run))
  if (run.takesOver && !(await takeOver(client, sealer, tenant, run))) throw new Refused({ outcome: 'source-gone' })
  await addRefs(client, tenant, run.id, run.refersTo ?? [])
  const row = run.takesOver ? await storedRun(client, sealer, tenant, run) : newRunRow(tenant, run, created_at)
  if (idempotency) await storeResponse(client, sealer, tenant, idempotency, idempotency.response(row))
  return { outcome: 'created', run: row }
}

async function existing(client: PoolClient, sealer: Sealer, tenant: TenantId, run: NewRun): Promise<InsertResult> {
  const row = await storedRun(client, sealer, tenant, run)
  return { outcome: 'exists', run: row, sameRequest: row.requestFingerprint === run.requestFingerprint }
}

async function storedRun(client: PoolClient, sealer: Sealer, tenant: TenantId, { id }: NewRun): Promise<RunRow> {
  const row = await readRun(client, sealer, tenant, id)
  if (!row) throw new Error(`The run ${id} was stored and cannot be read.`)
  return row
}

async function insertRow(
  client: Pool | PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  run: NewRun,
  runsAtOnce: number | undefined,
): Promise<Inserted> {
  const { plan, workflow, parent, forkedFrom } = run
  const place = { tenant, run: run.id }
  const createdData: RunCreatedData = {
    workflow: workflow.name,
    ...(workflow.version !== undefined && { version: workflow.version }),
    ...(parent !== undefined && { parent }),
    ...(forkedFrom !== undefined && { forkedFrom }),
  }
  const values = [
    tenant,
    run.id,
    plan.hash,
    sealPlan(sealer, tenant, plan.plan),
    JSON.stringify(sealer.seal(place, run.input ?? null)),
    run.document === undefined ? null : sealDocument(sealer, place, run.document),
    workflow.name,
    workflow.version ?? null,
    JSON.stringify(run.tags ?? {}),
    run.priority ?? PRIORITY_DEFAULT,
    run.startAt ?? null,
    parent ?? null,
    forkedFrom?.runId ?? null,
    forkedFrom?.seq ?? null,
    run.requestFingerprint,
    JSON.stringify(createdData),
    runsAtOnce ?? null,
  ]
  const { rows } = await client.query<Inserted>({ name: 'treadle insert run', text: INSERT, values })
  return rows[0] ?? { exceeded: null, created_at: null }
}

/** `exceeded`: how many runs the tenant may have at once, where it has as many already; nothing was stored then. */
type Inserted = { exceeded: number | null; created_at: Date | null }

const INSERT = `
  select q.exceeded, case when q.exceeded is null then treadle.insert_run(
    t.tenant, $2, $3, $4::json, $5::json, $6, $7, $8, $9::json, $10::smallint, $11::timestamptz, $12, $13, $14::integer, $15, $16
  ) end as created_at
  ${FROM_TENANT} cross join lateral treadle.exceeded_quota(t.tenant, $17::integer) as q(exceeded)`
