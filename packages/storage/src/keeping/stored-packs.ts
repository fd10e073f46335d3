import type { RunId, TenantId } from '@treadle/contract'
import type { PoolClient } from 'pg'
import type { BlobStore } from '../blobs/types.ts'
import type { Sealer } from '../sealing/sealer.ts'
import { fromBytes } from './pack-bytes.ts'

/** Where a pack's bytes are: in its row, or in the blobs. */
export type PackPlace = { tenant: TenantId; runId: RunId; first: number; last: number; packedAt: Date } & (
  | { bytes: Buffer; blob: null }
  | { bytes: null; blob: string }
)

/** The pack that holds the event `seq`, if there is one. */
export async function findPack(
  client: PoolClient,
  tenant: TenantId,
  runId: RunId,
  seq: number,
): Promise<PackPlace | undefined> {
  const { rows } = await client.query<PackPlace>({ name: 'treadle pack of', text: FIND, values: [tenant, runId, seq] })
  return rows[0]
}

const FIND = `
  select tenant, run_id as "runId", first_seq as first, last_seq as last, packed_at as "packedAt", bytes, blob from treadle.event_packs
  where tenant = $1 and run_id = $2 and first_seq <= $3 and last_seq >= $3
  order by first_seq desc limit 1`

/** Opens packs, and keeps the ones that were opened last: a page is often a part of one, and the next page the next part. */
export type PackOpener = {
  /** The lines of the pack's events. @throws BlobError `missing` or `corrupt` when an archived one is not what was archived. */
  open(place: PackPlace): Promise<readonly string[]>
}

const KEPT = 8

export function createPackOpener({
  blobs,
  sealer,
}: {
  /** Absent: only packs that are not archived can be opened. */
  blobs: Pick<BlobStore, 'get'> | undefined
  sealer: Sealer
}): PackOpener {
  const kept = new Map<string, Promise<readonly string[]>>()

  return {
    open(place) {
      // A run may be erased, and its id be given to another one: that one's packs are younger.
      const key = `${place.tenant} ${place.runId} ${place.first} ${place.packedAt.getTime()}`
      const lines = kept.get(key) ?? read(place)
      kept.delete(key)
      kept.set(key, lines)
      lines.catch(() => kept.delete(key)) // What could not be had now may be had later.
      if (kept.size > KEPT) kept.delete(kept.keys().next().value ?? '')
      return lines
    },
  }

  async function read({ tenant, bytes, blob }: PackPlace): Promise<readonly string[]> {
    return fromBytes(sealer, tenant, bytes ?? (await readBlob(tenant, blob)))
  }

  async function readBlob(tenant: TenantId, sha256: string): Promise<Buffer> {
    if (!blobs) throw new Error('This event log has no blob store, and its older events are archived in one.')
    return Buffer.concat(await (await blobs.get(tenant, sha256)).toArray())
  }
}
