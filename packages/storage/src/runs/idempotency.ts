import type { TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import type { Sealer } from '../sealing/sealer.ts'
import type { IdempotencyKey, KeyClaim, StoredResponse } from './types.ts'

const KEPT = '24 hours'

/**
 * Takes the key for `leaseMs`, unless it is taken. Only while the statement runs are two callers in each other's way, and then the second
 * is told so rather than kept waiting: `pg_try_advisory_xact_lock`, whose collisions cost a repeated request and no more.
 */
export async function takeKey(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  key: IdempotencyKey,
  leaseMs: number,
): Promise<KeyClaim> {
  const scope = [tenant, key.method, key.path, key.keySha256]
  const lock = await client.query<{ locked: boolean }>({
    name: 'treadle lock key',
    text: LOCK,
    values: [scope.join(' ')],
  })
  if (!lock.rows[0]?.locked) return { outcome: 'in-progress' }
  // A second statement, so that it sees what the holder of the lock before has committed.
  const taken = await client.query({
    name: 'treadle take key',
    text: TAKE,
    values: [...scope, key.fingerprint, leaseMs],
  })
  if (taken.rowCount === 1) return { outcome: 'first' }
  return (await lookUpKey(client, sealer, tenant, key)) ?? { outcome: 'in-progress' }
}

/** See RunStore.lookUpKey. */
export async function lookUpKey(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  key: IdempotencyKey,
): Promise<Exclude<KeyClaim, { outcome: 'first' }> | undefined> {
  const { rows } = await client.query<{ fingerprint: string; response: StoredResponse | null }>({
    name: 'treadle read key',
    text: READ,
    values: [tenant, key.method, key.path, key.keySha256],
  })
  const known = rows[0]
  if (!known) return undefined
  if (known.fingerprint !== key.fingerprint) return { outcome: 'mismatch' }
  if (!known.response) return { outcome: 'in-progress' }
  const body = sealer.open({ tenant }, known.response.body)
  return { outcome: 'replayed', response: { ...known.response, body } }
}

export async function storeResponse(
  client: PoolClient,
  sealer: Sealer,
  tenant: TenantId,
  key: IdempotencyKey,
  response: StoredResponse,
): Promise<void> {
  const sealed = { ...response, body: sealer.seal({ tenant }, response.body) }
  const values = [tenant, key.method, key.path, key.keySha256, JSON.stringify(sealed)]
  await client.query({ name: 'treadle store response', text: STORE, values })
}

export async function renewKey(
  client: PoolClient,
  tenant: TenantId,
  key: IdempotencyKey,
  leaseMs: number,
): Promise<void> {
  await client.query(RENEW, [tenant, key.method, key.path, key.keySha256, leaseMs])
}

export async function freeKey(client: PoolClient, tenant: TenantId, key: IdempotencyKey): Promise<void> {
  await client.query({ name: 'treadle free key', text: FREE, values: [tenant, key.method, key.path, key.keySha256] })
}

/** Says whether the request of this key has put its wish into the run's row. Nobody else does before the transaction ends. */
export async function isWished(client: PoolClient, tenant: TenantId, key: IdempotencyKey): Promise<boolean> {
  const values = [tenant, key.method, key.path, key.keySha256]
  const { rows } = await client.query<{ wished: boolean }>(WISHED, values)
  return rows[0]?.wished ?? false
}

export async function markWished(client: PoolClient, tenant: TenantId, key: IdempotencyKey): Promise<void> {
  await client.query(MARK_WISHED, [tenant, key.method, key.path, key.keySha256])
}

const LOCK = 'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as locked'

// Taken over where the row is past its 24 hours, or its first request never came to an end within its lease.
const TAKE = `
  insert into treadle.idempotency as i (tenant, method, path, key_sha256, fingerprint, lease_until, expires_at)
  values ($1, $2, $3, $4, $5, clock_timestamp() + $6::float8 * interval '1 ms', clock_timestamp() + interval '${KEPT}')
  on conflict (tenant, method, path, key_sha256) do update set
    fingerprint = excluded.fingerprint, response = null, lease_until = excluded.lease_until, expires_at = excluded.expires_at,
    wished = i.wished and i.expires_at >= clock_timestamp()
  where i.expires_at < clock_timestamp()
    or (i.response is null and i.lease_until < clock_timestamp() and i.fingerprint = excluded.fingerprint)`

const READ = `
  select fingerprint, response from treadle.idempotency
  where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4 and expires_at >= clock_timestamp()`

const STORE = `
  update treadle.idempotency set response = $5, expires_at = clock_timestamp() + interval '${KEPT}'
  where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4`

const RENEW = `
  update treadle.idempotency set lease_until = clock_timestamp() + $5::float8 * interval '1 ms'
  where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4 and response is null`

const WISHED = `
  select wished from treadle.idempotency
  where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4 for no key update`

const MARK_WISHED = `
  update treadle.idempotency set wished = true where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4`

const FREE = `
  delete from treadle.idempotency
  where tenant = $1 and method = $2 and path = $3 and key_sha256 = $4 and response is null`
