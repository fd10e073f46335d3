import type { TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { optional } from '../runs/run-row.ts'
import type { WorkflowRow, WorkflowVersionRow } from './types.ts'

type Columns = {
  name: string
  version: number
  description: string | null
  labels: Record<string, number>
  created_at: Date
  updated_at: Date
}

/** The workflows that fit, by name. `condition` starts at parameter $2. The caller's transaction has set the tenant. */
export async function readWorkflows(
  client: PoolClient,
  tenant: TenantId,
  { condition, values, limit }: { condition: string; values: readonly unknown[]; limit: number },
): Promise<WorkflowRow[]> {
  const text = `${WORKFLOWS} and ${condition} group by w.name order by w.name limit $${values.length + 2}`
  const { rows } = await client.query<Columns>(text, [tenant, ...values, limit])
  return rows.map(({ created_at, updated_at, description, ...row }) => ({
    ...row,
    ...optional('description', description),
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  }))
}

export async function readWorkflow(
  client: PoolClient,
  tenant: TenantId,
  name: string,
): Promise<WorkflowRow | undefined> {
  return (await readWorkflows(client, tenant, { condition: 'w.name = $2', values: [name], limit: 1 }))[0]
}

const WORKFLOWS = `
  select w.name, max(w.version) as version, min(w.created_at) as created_at, max(w.created_at) as updated_at,
    (array_agg(w.description order by w.version desc))[1] as description,
    (select coalesce(json_object_agg(l.label, l.version order by l.label), '{}') from treadle.workflow_labels l
      where l.tenant = $1 and l.name = w.name) as labels
  from treadle.workflows w where w.tenant = $1`

export const toVersionRow = (row: {
  name: string
  version: number
  document_sha256: string
  created_at: Date
}): WorkflowVersionRow => ({
  name: row.name,
  version: row.version,
  documentSha256: row.document_sha256,
  createdAt: row.created_at.toISOString(),
})
