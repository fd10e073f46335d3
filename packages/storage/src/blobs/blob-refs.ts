import type { Blob, RunId, TenantId } from '@treadle/contract'
import type { Pool, PoolClient } from 'pg'
import { sharedStatement } from '../database/shared-statement.ts'
import { inTenant } from '../database/transaction.ts'
import type { BlobRefs } from './types.ts'

/** `pool`: connections of either role. */
export const createBlobRefs = ({ pool }: { pool: Pool }): BlobRefs => ({
  async add(tenant, runId, blobs) {
    if (blobs.length === 0) return
    await inTenant(pool, tenant, (client) => addRefs(client, tenant, runId, blobs))
  },
  find: (tenant, names) =>
    inTenant(pool, tenant, async (client) => {
      const { rows } = await client.query<{ sha256: string; size: number }>(FIND, [tenant, names])
      return rows
    }),
  async touch(tenant, blobs) {
    if (blobs.length > 0) await inTenant(pool, tenant, (client) => touch(client, tenant, blobs))
  },
})

/** See BlobRefs.add; in the caller's transaction, which has set the tenant. */
export async function addRefs(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  blobs: readonly Blob[],
): Promise<void> {
  if (blobs.length === 0) return
  await touch(client, tenant, blobs)
  const values = [tenant, runId, blobs.map(({ sha256 }) => sha256)]
  await client.query(sharedStatement('treadle add refs', values))
}

// Waits for a sweeper that is at this very blob; it is gone then, and what comes after (`put`) stores it anew.
async function touch(client: PoolClient, tenant: TenantId, blobs: readonly Blob[]): Promise<void> {
  const values = [tenant, blobs.map(({ sha256 }) => sha256), blobs.map(({ size }) => size)]
  await client.query(sharedStatement('treadle touch blobs', values))
}

const FIND = `
  update treadle.blobs set touched_at = clock_timestamp() where tenant = $1 and sha256 = any ($2) returning sha256, size::float8`
