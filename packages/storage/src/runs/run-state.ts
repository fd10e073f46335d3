import {
  type ErrorInfo,
  isHandle,
  type Json,
  type NodeStatus,
  type RunId,
  type RunStatus,
  type TenantId,
  type Time,
} from '@treadle/contract'
import type { PoolClient } from 'pg'
import type { Sealer } from '../sealing/sealer.ts'
import { optional } from './run-row.ts'
import type { RunStateRow, WaitingRow } from './types.ts'

type StateColumns = {
  status: RunStatus
  last_seq: number
  nodes: [path: string, NodeStatus, number, Json, boolean, ErrorInfo | null][]
}

/** Values by node path. One statement, so one snapshot: it is the state as of its `last_seq`. */
export async function readState(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
): Promise<RunStateRow | undefined> {
  const { rows } = await client.query<StateColumns>({ name: 'treadle state', text: STATE, values: [tenant, runId] })
  const run = rows[0]
  if (!run) return undefined
  const nodes: RunStateRow['nodes'] = {}
  for (const [path, status, attempt, stored, hasOutput, error] of run.nodes) {
    const place = { tenant, run: runId, path }
    const output = sealer.open(place, stored)
    const shown = !hasOutput ? {} : isHandle(output) ? { ref: output.$blob } : { output }
    nodes[path] = {
      status,
      attempt,
      ...shown,
      ...optional('error', error && (sealer.open(place, error as Json) as ErrorInfo)),
    }
  }
  return { runId, status: run.status, asOfSeq: run.last_seq, nodes }
}

const STATE = `
  select r.status, r.last_seq, coalesce((
    select json_agg(json_build_array(n.path, n.status, n.attempt, c.output, c.path is not null, n.error) order by n.path)
    from treadle.node_runs n
    left join treadle.checkpoints c on n.has_checkpoint and c.tenant = n.tenant and c.run_id = n.run_id and c.path = n.path
    where n.tenant = r.tenant and n.run_id = r.id
  ), '[]') as nodes
  from treadle.runs r where r.tenant = $1 and r.id = $2`

type WaitingColumns = { path: string; signal: string; waits: Waits; started_at: Date }
type Waits = { schema?: Json; title?: string; form?: Json; detail?: Json; until?: Time }

/** The `receive`s that wait, oldest first. */
export async function readWaiting(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
): Promise<WaitingRow[]> {
  const { rows } = await client.query<WaitingColumns>({
    name: 'treadle waiting',
    text: WAITING,
    values: [tenant, runId],
  })
  return rows.map(({ path, signal, waits: { until, ...waits }, started_at }) => {
    const opened = (value: Json | undefined) =>
      value === undefined ? value : sealer.open({ tenant, run: runId, path }, value)
    return {
      path,
      signal,
      since: started_at.toISOString(),
      ...optional('schema', opened(waits.schema)),
      ...optional('title', opened(waits.title) as string | undefined),
      ...optional('form', opened(waits.form)),
      ...optional('detail', opened(waits.detail)),
      ...optional('until', until),
    }
  })
}

const WAITING = `
  select path, signal, waits, started_at from treadle.node_runs
  where tenant = $1 and run_id = $2 and signal is not null and status = 'running' order by started_at, path`
