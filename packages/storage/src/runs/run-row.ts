import {
  type ErrorInfo,
  type Json,
  type RunId,
  type RunStatus,
  type TenantId,
  toErrorInfo,
  type Usage,
} from '@treadle/contract'
import type { PoolClient } from 'pg'
import { SealedError } from '../sealing/sealed-error.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { NewRun, RunRow } from './types.ts'

type Columns = {
  id: string
  created_at: Date
  status: RunStatus
  engine_status: string | null
  workflow_name: string
  workflow_version: string | null
  tags: Record<string, string>
  priority: number
  start_at: Date | null
  plan_hash: string
  request_fingerprint: string
  parent: string | null
  forked_from: string | null
  forked_from_seq: number | null
  forks: string[]
  last_seq: number
  ended_seq: number | null
  started_at: Date | null
  ended_at: Date | null
  output: Json
  has_output: boolean
  error: ErrorInfo | null
  cancel_requested: boolean
  pause_requested: boolean
  started_in_temporal: boolean
  input_tokens: number
  output_tokens: number
  cached_input_tokens: number
  reasoning_tokens: number
  llm_calls: number
  tool_calls: number
  cost_usd: number | null
  total: number
  completed: number
  running: number
  failed: number
}

/** The run with its nodes counted. The caller's transaction has set the tenant. */
export async function readRun(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
): Promise<RunRow | undefined> {
  const { rows } = await client.query<Columns>({ name: 'treadle run', text: RUN, values: [tenant, runId] })
  return rows[0] && toRun(sealer, tenant, rows[0])
}

// Counts go to JavaScript as doubles: exact up to 2^53, where bigint would come as text.
const RUNS = `
  select r.id, r.created_at, r.status, r.engine_status, r.workflow_name, r.workflow_version, r.tags, r.priority, r.start_at,
    r.plan_hash, r.request_fingerprint, r.parent, r.forked_from, r.forked_from_seq, r.last_seq, r.ended_seq, r.started_at, r.ended_at,
    r.output, r.output is not null as has_output, r.error, r.cancel_requested, r.pause_requested, r.started_in_temporal,
    r.input_tokens::float8, r.output_tokens::float8, r.cached_input_tokens::float8, r.reasoning_tokens::float8,
    r.llm_calls::float8, r.tool_calls::float8, r.cost_usd, n.*, f.forks
  from treadle.runs r cross join lateral (
    select count(*)::integer as total,
      (count(*) filter (where status in ('completed', 'reused')))::integer as completed,
      (count(*) filter (where status in ('running', 'retrying')))::integer as running,
      (count(*) filter (where status = 'failed'))::integer as failed
    from treadle.node_runs where tenant = r.tenant and run_id = r.id
  ) as n cross join lateral (
    select coalesce(json_agg(id), '[]') as forks from (
      select id from treadle.runs where tenant = r.tenant and forked_from = r.id order by created_at desc limit 100
    ) as newest
  ) as f
  where r.tenant = $1`

const RUN = `${RUNS} and r.id = $2`

/** The runs that fit, newest first. `conditions` start at parameter $2. The caller's transaction has set the tenant. */
export async function readRuns(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  { conditions, values, limit }: { conditions: readonly string[]; values: readonly unknown[]; limit: number },
): Promise<RunRow[]> {
  const where = conditions.map((condition) => ` and ${condition}`).join('')
  // Always true, and what the index `runs_newest` asks for.
  const text = `${RUNS} and r.created_at > '-infinity'${where} order by r.created_at desc, r.id desc limit $${values.length + 2}`
  const { rows } = await client.query<Columns>(text, [tenant, ...values, limit])
  return rows.map((row) => toListedRun(sealer, tenant, row))
}

export const PRIORITY_DEFAULT = 3

/** A run as it is when it has just been stored, and took nothing over. */
export function newRunRow(tenant: TenantId, run: NewRun, created: Date): RunRow {
  const createdAt = created.toISOString()
  const { id, workflow, parent, forkedFrom } = run
  return {
    ref: { id, tenant, createdAt },
    id,
    tenant,
    createdAt,
    status: 'pending',
    workflow,
    tags: run.tags ?? {},
    priority: run.priority ?? PRIORITY_DEFAULT,
    ...(run.startAt !== undefined && { startAt: new Date(run.startAt).toISOString() }),
    planHash: run.plan.hash,
    requestFingerprint: run.requestFingerprint,
    usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, reasoningTokens: 0, llmCalls: 0, toolCalls: 0 },
    nodes: { total: 0, completed: 0, running: 0, failed: 0 },
    ...optional('parent', parent),
    ...optional('forkedFrom', forkedFrom),
    forks: [],
    lastSeq: 1,
    cancelRequested: false,
    pauseRequested: false,
    startedInTemporal: false,
  }
}

/** One that cannot be opened says so in the place of its output, and keeps nobody from seeing the others. */
function toListedRun(sealer: Sealer, tenant: TenantId, row: Columns): RunRow {
  try {
    return toRun(sealer, tenant, row)
  } catch (error) {
    if (!(error instanceof SealedError)) throw error
    return { ...toRun(sealer, tenant, { ...row, has_output: false, error: null }), error: toErrorInfo(error) }
  }
}

function toRun(sealer: Sealer, tenant: TenantId, row: Columns): RunRow {
  const place = { tenant, run: row.id }
  const createdAt = row.created_at.toISOString()
  return {
    ref: { id: row.id, tenant, createdAt },
    id: row.id,
    tenant,
    createdAt,
    status: row.status,
    ...optional('engineStatus', row.engine_status),
    workflow: { name: row.workflow_name, ...optional('version', row.workflow_version) },
    tags: row.tags,
    priority: row.priority,
    ...optional('startAt', row.start_at?.toISOString()),
    planHash: row.plan_hash,
    requestFingerprint: row.request_fingerprint,
    usage: toUsage(row),
    nodes: { total: row.total, completed: row.completed, running: row.running, failed: row.failed },
    ...(row.has_output && { output: sealer.open(place, row.output) }),
    ...optional('error', row.error && (sealer.open(place, row.error as Json) as ErrorInfo)),
    ...optional('parent', row.parent),
    ...(row.forked_from !== null && { forkedFrom: { runId: row.forked_from, seq: row.forked_from_seq ?? 0 } }),
    forks: row.forks,
    lastSeq: row.last_seq,
    ...optional('endedSeq', row.ended_seq),
    ...optional('startedAt', row.started_at?.toISOString()),
    ...optional('endedAt', row.ended_at?.toISOString()),
    cancelRequested: row.cancel_requested,
    pauseRequested: row.pause_requested,
    startedInTemporal: row.started_in_temporal,
  }
}

const toUsage = (row: Columns): Usage => ({
  inputTokens: row.input_tokens,
  outputTokens: row.output_tokens,
  cachedInputTokens: row.cached_input_tokens,
  reasoningTokens: row.reasoning_tokens,
  llmCalls: row.llm_calls,
  toolCalls: row.tool_calls,
  ...optional('costUsd', row.cost_usd),
})

/** `{ [name]: value }`, or nothing where Postgres has none. */
export function optional<Name extends string, Value>(
  name: Name,
  value: Value | null | undefined,
): { [Key in Name]?: NonNullable<Value> } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { [Key in Name]: NonNullable<Value> })
}
