import { type Blob, handlesIn, type Json, LOADABLE_BYTES_MAX, replaceHandles, type TenantId } from '@treadle/contract'
import type { BlobStore } from '@treadle/storage'

/** What one answer holds of large values at most. What does not fit stays a reference, which `GET /blobs` serves. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024

/** Puts values in the place of their handles: those of at most 4 MiB each, in order, until the answer is full. */
export type ResolveValues = (tenant: TenantId, value: Json) => Promise<Json>

/** One of these an answer: what was loaded counts for all that it resolves. */
export function createResolveValues(blobs: Pick<BlobStore, 'get'>): ResolveValues {
  const loaded = new Map<string, Json>()
  let bytes = 0

  const resolve: ResolveValues = async (tenant, value) => {
    for (const blob of handlesIn(value)) {
      if (loaded.has(blob.sha256) || !fits(blob)) continue
      bytes += blob.size
      // A stored value may hold handles itself.
      loaded.set(blob.sha256, await resolve(tenant, await read(blobs, tenant, blob)))
    }
    return replaceHandles(value, ({ sha256 }) => loaded.get(sha256))
  }
  const fits = ({ size }: Blob) => size <= LOADABLE_BYTES_MAX && bytes + size <= ANSWER_BYTES_MAX
  return resolve
}

async function read(blobs: Pick<BlobStore, 'get'>, tenant: TenantId, { sha256 }: Blob): Promise<Json> {
  const chunks: Buffer[] = []
  for await (const chunk of await blobs.get(tenant, sha256)) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
