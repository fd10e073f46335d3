import type { RunId, TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'

export type FlagResult = 'requested' | 'already' | 'ended' | 'not-found'

/** Asks a run to cancel. Every append of its workers returns the flag; the first reason stays. */
export function requestCancel(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  reason: string | undefined,
): Promise<FlagResult> {
  const text = `update treadle.runs set cancel_requested = true, cancel_reason = $3
    where tenant = $1 and id = $2 and ended_seq is null and not cancel_requested`
  return setFlag(client, text, [tenant, runId, reason?.replaceAll('\0', '') ?? null])
}

/** Asks a run to pause, or takes that back. */
export function requestPause(client: PoolClient, tenant: TenantId, runId: RunId, paused: boolean): Promise<FlagResult> {
  const text = `update treadle.runs set pause_requested = $3
    where tenant = $1 and id = $2 and ended_seq is null and pause_requested <> $3`
  return setFlag(client, text, [tenant, runId, paused])
}

async function setFlag(client: PoolClient, text: string, values: unknown[]): Promise<FlagResult> {
  const { rowCount } = await client.query(text, values)
  if (rowCount === 1) return 'requested'
  const { rows } = await client.query<{ ended: boolean }>(
    'select ended_seq is not null as ended from treadle.runs where tenant = $1 and id = $2',
    values.slice(0, 2),
  )
  return rows[0] ? (rows[0].ended ? 'ended' : 'already') : 'not-found'
}
