import type { Json, Plan, TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { inTenant } from '../database/transaction.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { putWorkflow, setLabel } from './put-workflow.ts'
import type { StoredWorkflow, WorkflowStore, WorkflowVersionRow } from './types.ts'
import { readWorkflow, readWorkflows, toVersionRow } from './workflow-row.ts'

/** `pool`: connections of a login in `treadle_api`. */
export const createWorkflowStore = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): WorkflowStore => ({
  put: (tenant, workflow) => inTenant(pool, tenant, (client) => putWorkflow(client, sealer, tenant, workflow)),
  get: (tenant, name) => inTenant(pool, tenant, (client) => readWorkflow(client, tenant, name)),
  version: (tenant, name, ref) => inTenant(pool, tenant, (client) => readVersion(client, sealer, tenant, name, ref)),
  list: (tenant, { after = '', limit }) =>
    inTenant(pool, tenant, (client) =>
      readWorkflows(client, tenant, { condition: 'w.name > $2', values: [after], limit }),
    ),
  versions: (tenant, name, page) => inTenant(pool, tenant, (client) => readVersions(client, tenant, name, page)),
  setLabel: (tenant, label) => inTenant(pool, tenant, (client) => setLabel(client, tenant, label)),
  removeLabel: (tenant, name, label) =>
    inTenant(pool, tenant, async (client) => {
      const text = 'delete from treadle.workflow_labels where tenant = $1 and name = $2 and label = $3'
      return (await client.query(text, [tenant, name, label])).rowCount === 1
    }),
})

async function readVersion(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  name: string,
  ref: string | undefined,
): Promise<StoredWorkflow | undefined> {
  const { rows } = await client.query<{
    version: number
    document: Json
    document_sha256: string
    plan_hash: string
    plan: Json
    created_at: Date
  }>({
    name: 'treadle stored workflow',
    text: 'select * from treadle.stored_workflow($1, $2, $3)',
    values: [tenant, name, ref ?? null],
  })
  const row = rows[0]
  if (!row) return undefined
  const { document, plan, plan_hash: planHash } = row
  return {
    ...toVersionRow({ name, ...row }),
    document: sealer.open({ tenant }, document),
    plan: sealer.open({ tenant }, plan) as unknown as Plan,
    planHash,
  }
}

async function readVersions(
  client: PoolClient,
  tenant: TenantId,
  name: string,
  { before, limit }: { before?: number; limit: number },
): Promise<WorkflowVersionRow[] | undefined> {
  const { rows } = await client.query(
    `select name, version, document_sha256, created_at from treadle.workflows
    where tenant = $1 and name = $2 and ($3::integer is null or version < $3) order by version desc limit $4`,
    [tenant, name, before ?? null, limit],
  )
  if (rows.length === 0 && !(await readWorkflow(client, tenant, name))) return undefined
  return rows.map(toVersionRow)
}
