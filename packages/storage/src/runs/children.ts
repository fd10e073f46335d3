import type { ChildEnded, ErrorInfo, Json, RunId, RunStatus, TenantId, Usage } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import type { Sealer } from '../sealing/sealer.ts'
import type { Orphan } from './types.ts'

/** See RunStore.orphans. */
export async function orphans(
  pool: Pool,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<Orphan[]> {
  const { rows } = await pool.query<{
    tenant: string
    id: string
    created_at: Date
    status: RunStatus
    is_waited_for: boolean
  }>("select * from treadle.orphans($1::float8 * interval '1 ms', $2)", [olderThanMs, limit])
  return rows.map(({ tenant, id, created_at, status, is_waited_for: isWaitedFor }) => ({
    run: { id, tenant, createdAt: created_at.toISOString() },
    status,
    isWaitedFor,
  }))
}

/** See RunStore.unheardChildren. */
export async function unheardChildren(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
  olderThanMs: number,
): Promise<ChildEnded[]> {
  const { rows } = await client.query<{
    id: string
    node: string
    status: RunStatus
    output: Json
    error: ErrorInfo | null
    usage: Usage
  }>("select * from treadle.unheard_children($1, $2, $3::float8 * interval '1 ms')", [tenant, runId, olderThanMs])
  return rows.map(({ id, node, status, output, error, usage }) => ({
    path: node,
    runId: id,
    usage,
    ...(status === 'completed'
      ? { output: sealer.open({ tenant, run: id }, output) }
      : { error: (sealer.open({ tenant, run: id }, error as Json) ?? CANCELLED) as ErrorInfo }),
  }))
}

const CANCELLED: ErrorInfo = { type: 'cancelled', message: 'It was cancelled.' }
