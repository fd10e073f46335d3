import type { TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import type { Sealer } from '../sealing/sealer.ts'
import { readRuns } from './run-row.ts'
import type { RunFilter, RunRow } from './types.ts'

/**
 * See RunStore.list. A position is that of a run, not a number of rows, so pages stay whole while runs are added: the same
 * index gives the order and the start.
 */
export function listRuns(client: PoolClient, sealer: Sealer, tenant: TenantId, filter: RunFilter): Promise<RunRow[]> {
  const conditions: string[] = []
  const values: unknown[] = []
  const parameter = (value: unknown) => `$${values.push(value) + 1}` // $1 is the tenant.
  const { status, workflow, tag, forkedFrom, since, until, before, limit } = filter

  if (status !== undefined) conditions.push(`r.status = ${parameter(status)}`)
  if (workflow !== undefined) conditions.push(`r.workflow_name = ${parameter(workflow)}`)
  if (tag) {
    const value = `r.tags ->> ${parameter(tag.key)}::text`
    conditions.push(tag.value === undefined ? `${value} is not null` : `${value} = ${parameter(tag.value)}`)
  }
  if (forkedFrom !== undefined) conditions.push(`r.forked_from = ${parameter(forkedFrom)}`)
  if (since !== undefined) conditions.push(`r.created_at >= ${parameter(since)}`)
  if (until !== undefined) conditions.push(`r.created_at < ${parameter(until)}`)
  if (before) {
    conditions.push(`(r.created_at, r.id) < (${parameter(before.createdAt)}::timestamptz, ${parameter(before.id)})`)
  }
  return readRuns(client, sealer, tenant, { conditions, values, limit })
}
