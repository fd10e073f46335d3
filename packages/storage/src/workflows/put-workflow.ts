import type { TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { sharedStatement } from '../database/shared-statement.ts'
import { sealPlan } from '../sealing/documents.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { LabelResult, NewWorkflowVersion, PutWorkflowResult, WorkflowStore } from './types.ts'
import { readWorkflow, toVersionRow } from './workflow-row.ts'

/** See WorkflowStore.put. */
export async function putWorkflow(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  workflow: NewWorkflowVersion,
): Promise<PutWorkflowResult> {
  const { name, description, document, documentSha256, plan, labels } = workflow
  await lockName(client, tenant, name)
  if (!workflow.mayChange(await readWorkflow(client, tenant, name))) return { outcome: 'refused' }

  await client.query('insert into treadle.plans (tenant, hash, plan) values ($1, $2, $3) on conflict do nothing', [
    tenant,
    plan.hash,
    sealPlan(sealer, tenant, plan.plan),
  ])
  const values = [
    tenant,
    name,
    description ?? null,
    JSON.stringify(sealer.seal({ tenant }, document)),
    documentSha256,
    plan.hash,
  ]
  const inserted = await client.query(INSERT, values)
  const { rows } = await client.query(READ, [tenant, name, documentSha256])
  const version = toVersionRow(rows[0])
  await keepBlobs(client, tenant, version, workflow.blobs)
  for (const label of labels) await client.query(SET_LABEL, [tenant, name, label, version.version])

  const now = await readWorkflow(client, tenant, name)
  if (!now) throw new Error(`The workflow ${name} was stored and cannot be read.`)
  return { outcome: inserted.rowCount === 1 ? 'created' : 'unchanged', version, workflow: now }
}

/** See WorkflowStore.setLabel. */
export async function setLabel(
  client: PoolClient,
  tenant: TenantId,
  { name, label, version, mayChange }: Parameters<WorkflowStore['setLabel']>[1],
): Promise<LabelResult> {
  await lockName(client, tenant, name)
  const current = await readWorkflow(client, tenant, name)
  if (!current || version > current.version) return { outcome: 'not-found' }
  if (!mayChange(current)) return { outcome: 'refused' }
  await client.query(SET_LABEL, [tenant, name, label, version])
  const workflow = await readWorkflow(client, tenant, name)
  return { outcome: 'set', isNew: current.labels[label] === undefined, workflow: workflow ?? current }
}

// Whoever changes a workflow holds this to the end of the transaction: versions are counted, and conditions looked at, one after the other.
const lockName = (client: PoolClient, tenant: TenantId, name: string) =>
  client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`workflow ${tenant} ${name}`])

/** As a run keeps its blobs: `name@version` is no run's id. */
async function keepBlobs(
  client: PoolClient,
  tenant: TenantId,
  { name, version }: { name: string; version: number },
  blobs: NewWorkflowVersion['blobs'],
): Promise<void> {
  if (blobs.length === 0) return
  const values = [tenant, `${name}@${version}`, blobs.map(({ sha256 }) => sha256)]
  await client.query(sharedStatement('treadle add refs', values))
}

const INSERT = `
  insert into treadle.workflows (tenant, name, version, description, document, document_sha256, plan_hash)
  select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from treadle.workflows where tenant = $1 and name = $2
  on conflict (tenant, name, document_sha256) do nothing`

const READ = `
  select name, version, document_sha256, created_at from treadle.workflows
  where tenant = $1 and name = $2 and document_sha256 = $3`

const SET_LABEL = `
  insert into treadle.workflow_labels (tenant, name, label, version) values ($1, $2, $3, $4)
  on conflict (tenant, name, label) do update set version = excluded.version`
