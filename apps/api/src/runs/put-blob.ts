import type { Blob, TenantId } from '@treadle/contract'
import type { BlobRefs, BlobStore } from '@treadle/storage'
import { problem } from '../http/problem.ts'

export type PutBlobParts = { blobs: Pick<BlobStore, 'put'>; blobRefs: Pick<BlobRefs, 'touch'> }

/**
 * Stores what something will refer to soon: until it does, the sweeper leaves it alone because it is new.
 * @throws ProblemAnswer `dependency-unavailable`
 */
export const createPutBlob =
  ({ blobs, blobRefs }: PutBlobParts, tenant: TenantId) =>
  async (content: string | Uint8Array): Promise<Blob> => {
    try {
      return await blobs.put(tenant, Buffer.from(content as string), {
        named: (blob) => blobRefs.touch(tenant, [blob]),
      })
    } catch (error) {
      throw problem('dependency-unavailable', 'The blob store cannot be reached.', { cause: error })
    }
  }
