import { isHandle, type Json, type NodeStatus, type RunId, type RunStatus, type TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import { optional } from '../runs/run-row.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { CheckpointPage, RunStatuses, StateAt } from './types.ts'

/** See StateStore.checkpoints. First where the run stands: what is up to there is committed, whatever happens meanwhile. */
export async function readCheckpoints(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  { after, limit }: { after: number; limit: number },
): Promise<CheckpointPage | undefined> {
  const head = await client.query<{ last_seq: number }>({
    name: 'treadle last seq',
    text: HEAD,
    values: [tenant, runId],
  })
  const lastSeq = head.rows[0]?.last_seq
  if (lastSeq === undefined) return undefined
  const values = [tenant, runId, after, lastSeq, limit]
  const { rows } = await client.query<{ seq: number; path: string; name: string | null; time: Date; output: Json }>({
    name: 'treadle checkpoints',
    text: PAGE,
    values,
  })
  const items = rows.map(({ seq, path, name, time, output }) => ({
    seq,
    node: path,
    ...optional('name', name),
    time: time.toISOString(),
    ...(isHandle(output) && 'sha256' in output.$blob && { outputRef: output.$blob }),
  }))
  return { items, lastSeq }
}

const HEAD = 'select last_seq from treadle.runs where tenant = $1 and id = $2'

// Values stay where they are: the page shows which are large, and no more.
const PAGE = `
  select seq, path, name, time, case when octet_length(output::text) < 300 then output end as output from treadle.checkpoints
  where tenant = $1 and run_id = $2 and seq > $3 and seq <= $4 order by seq limit $5`

/** See StateStore.at. Checkpoints never change, so those up to a `seq` that the run has reached are the same for ever. */
export async function readStateAt(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  { seq, sealer }: { seq: number; sealer: Sealer },
): Promise<StateAt | undefined> {
  const run = await client.query<{ input: Json }>({ name: 'treadle input', text: INPUT, values: [tenant, runId, seq] })
  if (!run.rows[0]) return undefined
  const { rows } = await client.query<{ path: string; seq: number; output: Json }>({
    name: 'treadle state at',
    text: STATE_AT,
    values: [tenant, runId, seq],
  })
  const place = { tenant, run: runId }
  const nodes = Object.fromEntries(
    rows.map(({ path, seq, output }) => [path, { seq, output: sealer.open({ ...place, path }, output) }]),
  )
  return { runId, seq, input: sealer.open(place, run.rows[0].input), nodes }
}

const INPUT = `
  select q.input from treadle.runs r join treadle.run_requests q on q.tenant = r.tenant and q.run_id = r.id
  where r.tenant = $1 and r.id = $2 and r.last_seq >= $3`

const STATE_AT = `
  select path, seq, output from treadle.checkpoints where tenant = $1 and run_id = $2 and seq <= $3 order by path`

/** See StateStore.statuses. One statement, so one snapshot. */
export async function readStatuses(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
): Promise<RunStatuses | undefined> {
  const { rows } = await client.query<{
    status: RunStatus
    last_seq: number
    nodes: [path: string, status: NodeStatus][]
  }>({ name: 'treadle statuses', text: STATUSES, values: [tenant, runId] })
  const run = rows[0]
  if (!run) return undefined
  const nodes = run.nodes.map(([path, status]) => ({ path, status }))
  return { runId, status: run.status, asOfSeq: run.last_seq, nodes }
}

const STATUSES = `
  select r.status, r.last_seq, coalesce((
    select json_agg(json_build_array(n.path, n.status)) from treadle.node_runs n where n.tenant = r.tenant and n.run_id = r.id
  ), '[]') as nodes
  from treadle.runs r where r.tenant = $1 and r.id = $2`
