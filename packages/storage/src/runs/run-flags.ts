import type { RunId, TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import type { Sealer } from '../sealing/sealer.ts'
import { isWished, markWished } from './idempotency.ts'
import type { CountedLimits, IdempotencyKey } from './types.ts'

export type FlagResult = 'requested' | 'already' | 'ended' | 'not-found'

/** Asks a run to cancel. Every append of its workers returns the flag; the first reason stays. */
export async function requestCancel(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
  reason: string | undefined,
): Promise<FlagResult> {
  const text = `update treadle.runs set cancel_requested = true, cancel_reason = $3::json
    where tenant = $1 and id = $2 and ended_seq is null and not cancel_requested`
  const json =
    reason === undefined ? null : JSON.stringify(sealer.seal({ tenant, run: runId }, reason.replaceAll('\0', '')))
  const { rowCount } = await client.query(text, [tenant, runId, json])
  if (rowCount === 1) return 'requested'
  const { rows } = await client.query<{ ended: boolean }>(
    'select ended_seq is not null as ended from treadle.runs where tenant = $1 and id = $2',
    [tenant, runId],
  )
  return rows[0] ? (rows[0].ended ? 'ended' : 'already') : 'not-found'
}

/** See RunStore.requestPause. */
export async function requestPause(client: PoolClient, tenant: TenantId, runId: RunId, key?: IdempotencyKey) {
  if (key && (await isWished(client, tenant, key))) return
  await setPause(client, tenant, runId, true)
  if (key) await markWished(client, tenant, key)
}

/** See RunStore.requestResume. */
export async function requestResume(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  limits: CountedLimits,
  key?: IdempotencyKey,
): Promise<string[]> {
  if (key && (await isWished(client, tenant, key))) return []
  const { rows } = await client.query<{ unknown: string[] }>(
    'select treadle.raise_limits($1, $2, $3::json) as unknown',
    [tenant, runId, JSON.stringify(limits)],
  )
  const unknown = rows[0]?.unknown ?? []
  if (unknown.length > 0) return unknown
  await setPause(client, tenant, runId, false)
  if (key) await markWished(client, tenant, key)
  return []
}

const setPause = (client: PoolClient, tenant: TenantId, runId: RunId, paused: boolean) =>
  client.query(
    `update treadle.runs set pause_requested = $3
    where tenant = $1 and id = $2 and ended_seq is null and pause_requested <> $3`,
    [tenant, runId, paused],
  )
