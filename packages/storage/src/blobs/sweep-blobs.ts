import type { Pool } from 'pg'
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
  let swept = 0
  for (; swept < limit; swept++) {
    const client = await pool.connect()
    let broken: Error | undefined
    try {
      await client.query('begin')
      const { rows } = await client.query<{ tenant: string; sha256: string }>(ORPHAN, [untouchedForMs])
      const orphan = rows[0]
      if (orphan) {
        await blobs.delete(orphan.tenant, orphan.sha256)
        await client.query('delete from treadle.blobs where tenant = $1 and sha256 = $2', [
          orphan.tenant,
          orphan.sha256,
        ])
      }
      await client.query('commit')
      if (!orphan) return swept
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
  return swept
}

const ORPHAN = `
  select b.tenant, b.sha256 from treadle.blobs b
  where b.touched_at < clock_timestamp() - $1::float8 * interval '1 ms'
    and not exists (select from treadle.blob_refs r where r.tenant = b.tenant and r.sha256 = b.sha256)
  order by b.touched_at limit 1 for update skip locked`
