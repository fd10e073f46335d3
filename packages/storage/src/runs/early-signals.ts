import { isHandle, type Json, type RunId, type TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { FROM_TENANT } from '../database/transaction.ts'
import { sealData } from '../sealing/seal-data.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { EarlySignal, HandOver } from './types.ts'

/** See RunStore.keepSignal. */
export async function keepSignal(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
  { id, name, payload }: Omit<EarlySignal, 'seq'>,
): Promise<number | undefined> {
  const shown = isHandle(payload) ? { ref: payload.$blob } : { payload }
  const place = { tenant, run: runId }
  const data = sealData(sealer, place, 'signal.received', { name, id, ...shown, kept: true })
  const { rows } = await client.query<{ seq: number | null }>({
    name: 'treadle keep signal',
    text: 'select treadle.keep_signal($1, $2, $3, $4, $5::json, $6) as seq',
    values: [tenant, runId, id, name, JSON.stringify(sealer.seal(place, payload ?? null)), data],
  })
  return rows[0]?.seq ?? undefined
}

/** See RunStore.markStarted. */
export async function markStarted(
  pool: Pool,
  sealer: Sealer,
  tenant: TenantId,
  runId: RunId,
  delivered: number,
): Promise<HandOver> {
  const { rows } = await pool.query<{ answer: { signals: (EarlySignal & { payload: Json })[]; paused: boolean } }>({
    name: 'treadle mark started',
    text: `select treadle.mark_started(t.tenant, $2, $3) as answer ${FROM_TENANT}`,
    values: [tenant, runId, delivered],
  })
  if (!rows[0]) throw new TypeError('treadle.mark_started gave no answer.')
  const { signals, paused } = rows[0].answer
  const opened = (payload: Json) => sealer.open({ tenant, run: runId }, payload)
  return { signals: signals.map((signal) => ({ ...signal, payload: opened(signal.payload) })), paused }
}
