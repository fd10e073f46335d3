import type { Pool } from 'pg'
import { inTenant } from '../database/transaction.ts'
import type { KeyStore, RequestPermits } from './types.ts'

/** `pool`: connections of a login in `treadle_api`. */
export const createKeyStore = ({ pool }: { pool: Pool }): KeyStore => ({
  async find(secretSha256) {
    const text = 'select id, tenant, scopes from treadle.find_key($1)'
    const { rows } = await pool.query({ name: 'treadle find key', text, values: [secretSha256] })
    return rows[0]
  },
  addTicket: ({ tenant, runId, sha256, validMs }) =>
    inTenant(pool, tenant, async (client) => {
      await client.query('delete from treadle.stream_tickets where expires_at < clock_timestamp()')
      const { rows } = await client.query<{ expires_at: Date }>(
        `insert into treadle.stream_tickets (sha256, tenant, run_id, expires_at)
        values ($1, $2, $3, clock_timestamp() + $4::float8 * interval '1 ms') returning expires_at`,
        [sha256, tenant, runId, validMs],
      )
      return { expiresAt: (rows[0]?.expires_at ?? new Date()).toISOString() }
    }),
  async findTicket(sha256) {
    const text = 'select tenant, run_id from treadle.find_ticket($1)'
    const { rows } = await pool.query<{ tenant: string; run_id: string }>({
      name: 'treadle find ticket',
      text,
      values: [sha256],
    })
    return rows[0] && { tenant: rows[0].tenant, runId: rows[0].run_id }
  },
  requestsAMinute: (tenant) =>
    inTenant(pool, tenant, async (client) => {
      const { rows } = await client.query<{ requests_a_minute: number | null }>(
        'select requests_a_minute from treadle.quotas where tenant = $1',
        [tenant],
      )
      return rows[0]?.requests_a_minute ?? undefined
    }),
  takeRequests: (tenant, wanted, most) =>
    inTenant(pool, tenant, async (client) => {
      const text = 'select granted, rest, ends_ms as "endsMs" from treadle.take_requests($1, $2, $3)'
      const values = [tenant, wanted, most]
      const { rows } = await client.query<RequestPermits>({ name: 'treadle take requests', text, values })
      if (!rows[0]) throw new TypeError('treadle.take_requests gave no answer.')
      return rows[0]
    }),
})
