import type { Json, Path, RunId, TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { optional } from '../runs/run-row.ts'
import { openDocument } from '../sealing/documents.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { PointRow } from './types.ts'

/** See StateStore.points. */
export async function readPoints(client: PoolClient, tenant: TenantId, runId: RunId, seq: number): Promise<PointRow[]> {
  const { rows } = await client.query<{ path: string; kind: string | null; seq: number }>(POINTS, [tenant, runId, seq])
  return rows.map(({ path, kind, seq }) => ({ path, ...optional('kind', kind), seq }))
}

const POINTS = `
  select c.path, n.kind, c.seq from treadle.checkpoints c
  join treadle.node_runs n on n.tenant = c.tenant and n.run_id = c.run_id and n.path = c.path
  where c.tenant = $1 and c.run_id = $2 and c.seq <= $3 order by c.seq`

/** See StateStore.outputs. */
export async function readOutputs(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  { paths, sealer }: { paths: readonly Path[]; sealer: Sealer },
): Promise<{ path: Path; output: Json }[]> {
  const text = 'select path, output from treadle.checkpoints where tenant = $1 and run_id = $2 and path = any ($3)'
  const { rows } = await client.query<{ path: string; output: Json }>(text, [tenant, runId, paths])
  return rows.map(({ path, output }) => ({ path, output: sealer.open({ tenant, run: runId, path }, output) }))
}

/** See StateStore.named. */
export async function readNamed(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  name: string,
): Promise<number | undefined> {
  const text = 'select max(seq) as seq from treadle.checkpoints where tenant = $1 and run_id = $2 and name = $3'
  const { rows } = await client.query<{ seq: number | null }>(text, [tenant, runId, name])
  return rows[0]?.seq ?? undefined
}

/** See StateStore.request. */
export async function readRequest(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  sealer: Sealer,
): Promise<{ input: Json; document?: string } | undefined> {
  const text = 'select input, document from treadle.run_requests where tenant = $1 and run_id = $2'
  const { rows } = await client.query<{ input: Json; document: string | null }>(text, [tenant, runId])
  if (!rows[0]) return undefined
  const place = { tenant, run: runId }
  const { input, document } = rows[0]
  return {
    input: sealer.open(place, input),
    ...optional('document', document && openDocument(sealer, place, document)),
  }
}
