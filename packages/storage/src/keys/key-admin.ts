import type { Pool } from 'pg'
import { optional } from '../runs/run-row.ts'
import type { ApiKeyRow, KeyAdmin } from './types.ts'

type Columns = {
  id: string
  tenant: string
  name: string
  scopes: string[]
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
}

/** `pool`: connections of the role that migrated the database. */
export const createKeyAdmin = ({ pool }: { pool: Pool }): KeyAdmin => ({
  async add({ id, tenant, name, secretSha256, scopes, validMs }) {
    const { rows } = await pool.query<Columns>(
      `insert into treadle.api_keys as k (id, tenant, name, secret_sha256, scopes, expires_at)
      values ($1, $2, $3, $4, $5, clock_timestamp() + $6::float8 * interval '1 ms') returning ${COLUMNS}`,
      [id, tenant, name, secretSha256, scopes, validMs ?? null],
    )
    return toKey(rows[0] as Columns)
  },
  async get(id) {
    const { rows } = await pool.query<Columns>(`select ${COLUMNS} from treadle.api_keys k where id = $1`, [id])
    return rows[0] && toKey(rows[0])
  },
  async list(tenant) {
    const { rows } = await pool.query<Columns>(
      `select ${COLUMNS} from treadle.api_keys k where $1::text is null or tenant = $1 order by created_at, id`,
      [tenant ?? null],
    )
    return rows.map(toKey)
  },
  async end(id, afterMs) {
    const { rowCount } = await pool.query(
      `update treadle.api_keys set
        revoked_at = case when $2::float8 <= 0 then clock_timestamp() end,
        expires_at = least(expires_at, clock_timestamp() + $2::float8 * interval '1 ms')
      where id = $1 and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
      [id, afterMs],
    )
    return rowCount === 1
  },
  async setQuota(tenant, { runsAtOnce, requestsAMinute }) {
    await pool.query(
      `insert into treadle.quotas (tenant, runs_at_once, requests_a_minute) values ($1, $2, $3)
      on conflict (tenant) do update set runs_at_once = excluded.runs_at_once, requests_a_minute = excluded.requests_a_minute`,
      [tenant, runsAtOnce, requestsAMinute],
    )
  },
})

const COLUMNS = 'k.id, k.tenant, k.name, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.last_used_at'

const toKey = (row: Columns): ApiKeyRow => ({
  id: row.id,
  tenant: row.tenant,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  ...optional('expiresAt', row.expires_at?.toISOString()),
  ...optional('revokedAt', row.revoked_at?.toISOString()),
  ...optional('lastUsedAt', row.last_used_at?.toISOString()),
})
