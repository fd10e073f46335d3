import { type Blob, type Json, type ProblemError, type TenantId, toHandle } from '@treadle/contract'
import type { BlobRefs, BlobStore } from '@treadle/storage'
import { problem } from '../http/problem.ts'

export type UploadParts = { blobs: Pick<BlobStore, 'has'>; blobRefs: Pick<BlobRefs, 'find'> }

/** A value with handles in the place of `{ "blob": sha256 }`, and what they stand for. */
export type Uploaded = { value: Json; blobs: Blob[] }

/**
 * Puts handles in the place of `{ "blob": sha256 }`. The sweeper leaves those blobs alone for a day from now on.
 * @throws ProblemAnswer `invalid-input` with the place of each that was never sent, or is gone; `dependency-unavailable`
 */
export async function referToUploads(
  { blobs, blobRefs }: UploadParts,
  tenant: TenantId,
  value: Json,
  pointer: string,
): Promise<Uploaded> {
  const places = uploadsIn(value, pointer)
  if (places.length === 0) return { value, blobs: [] }
  const found = new Map<string, Blob>()
  for (const blob of await blobRefs.find(tenant, [...new Set(places.map(({ sha256 }) => sha256))])) {
    const isThere = await blobs.has(tenant, blob.sha256).catch((error: unknown) => {
      throw problem('dependency-unavailable', 'The blob store cannot be reached.', { cause: error })
    })
    if (isThere) found.set(blob.sha256, blob)
  }
  const errors = places.flatMap(({ sha256, path }): ProblemError[] =>
    found.has(sha256)
      ? []
      : [{ path, code: 'unknown-blob', message: 'names a blob that is not there: send it to POST /blobs' }],
  )
  if (errors.length > 0)
    throw problem('invalid-input', `${errors.map(({ path, message }) => `${path} ${message}`).join('; ')}.`, { errors })
  return { value: replace(value, found), blobs: [...found.values()] }
}

const isUpload = (value: Json): value is { blob: string } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length === 1 &&
  typeof value.blob === 'string' &&
  /^[0-9a-f]{64}$/.test(value.blob)

function uploadsIn(value: Json, path: string): { sha256: string; path: string }[] {
  if (typeof value !== 'object' || value === null) return []
  if (isUpload(value)) return [{ sha256: value.blob, path }]
  return Object.entries(value).flatMap(([key, part]) =>
    uploadsIn(part, `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

function replace(value: Json, found: ReadonlyMap<string, Blob>): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isUpload(value)) {
    const blob = found.get(value.blob)
    return blob ? toHandle(blob) : value
  }
  if (Array.isArray(value)) return value.map((item) => replace(item, found))
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part, found)]))
}
