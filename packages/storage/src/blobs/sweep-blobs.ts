import type { Pool } from 'pg'
import { inTransaction } from '../database/transaction.ts'
import type { BlobStore } from './types.ts'

export type SweepOptions = {
  /** Connections of a login in `treadle_worker`: the sweeper sees all tenants. */
  pool: Pool
  blobs: BlobStore
  /** Blobs without a reference are kept this long after somebody was last about to refer to them. Default 24 hours. */
  untouchedForMs?: number
  /** At most this many in one call. Default 1,000. */
  limit?: number
}

const UNTOUCHED_FOR_MS = 24 * 60 * 60 * 1_000
const LIMIT = 1_000

/**
 * Deletes blobs that nothing refers to; says how many. Each under the lock of its row: who is about to refer to it either came before, and
 * then it is touched, or waits, and then stores it anew. Any number of sweepers may run at once.
 */
export async function sweepBlobs(options: SweepOptions): Promise<number> {
  const { pool, blobs, untouchedForMs = UNTOUCHED_FOR_MS, limit = LIMIT } = options
  const sweepOne = () =>
    inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ tenant: string; sha256: string }>(ORPHAN, [untouchedForMs])
      const orphan = rows[0]
      if (!orphan) return false
      const { tenant, sha256 } = orphan
      // A statement of its own, behind the lock: it sees who came to refer to the blob while this one was waiting.
      const { rowCount } = await client.query(FORGET, [tenant, sha256])
      if (rowCount === 1) await blobs.delete(tenant, sha256)
      return true
    })

  let swept = 0
  while (swept < limit && (await sweepOne())) swept += 1
  return swept
}

const ORPHAN = `
  select b.tenant, b.sha256 from treadle.blobs b
  where b.touched_at < clock_timestamp() - $1::float8 * interval '1 ms'
    and not exists (select from treadle.blob_refs r where r.tenant = b.tenant and r.sha256 = b.sha256)
  order by b.touched_at limit 1 for update skip locked`

const FORGET = `
  delete from treadle.blobs b where b.tenant = $1 and b.sha256 = $2
    and not exists (select from treadle.blob_refs r where r.tenant = b.tenant and r.sha256 = b.sha256)`
