import type { RunId, TenantId } from '@treadle/contract'
import type { Pool } from 'pg'
import type { BlobRefs, BlobStore } from '../blobs/types.ts'

export type StoredPack = { tenant: TenantId; runId: RunId; first: number }

/**
 * Moves a pack's bytes to the blobs. The run refers to the blob before it is there, and the row names it only once it is durable; so
 * whoever dies in between leaves nothing that is lost, and the next one puts the same bytes under the same name. May be repeated.
 */
export async function archivePack(
  { pool, blobs, refs }: { pool: Pool; blobs: Pick<BlobStore, 'put'>; refs: Pick<BlobRefs, 'add'> },
  { tenant, runId, first }: StoredPack,
): Promise<void> {
  const values = [tenant, runId, first]
  const { rows } = await pool.query<{ bytes: Buffer | null }>({ name: 'treadle pack bytes', text: BYTES, values })
  const bytes = rows[0]?.bytes
  if (!bytes) return // It is archived already, or erased.
  const { sha256 } = await blobs.put(tenant, bytes, { named: (blob) => refs.add(tenant, runId, [blob]) })
  const text = 'select treadle.archive_pack($1, $2, $3, $4)'
  await pool.query({ name: 'treadle archive', text, values: [...values, sha256] })
  // Erased meanwhile, it would leave a reference that nobody takes back, and the blob with it.
  await pool.query({ name: 'treadle drop ref', text: DROP_REF, values: [tenant, runId, sha256] })
}

const DROP_REF = `
  delete from treadle.blob_refs where tenant = $1 and run_id = $2 and sha256 = $3
    and not exists (select from treadle.runs r where r.tenant = $1 and r.id = $2)`

const BYTES = 'select bytes from treadle.event_packs where tenant = $1 and run_id = $2 and first_seq = $3'
