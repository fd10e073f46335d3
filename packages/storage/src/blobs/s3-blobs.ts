import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Sha256, TenantId } from '@treadle/contract'
import { BlobError } from './blob-error.ts'
import { type NamedBytes, nameBytes, readNamed } from './named-bytes.ts'
import { persistently } from './persistently.ts'
import type { BlobStore } from './types.ts'
import { verified } from './verify.ts'

export type S3Options = {
  bucket: string
  /** Before every key, without a slash at its end. Default none. */
  prefix?: string
  /** Default: AWS. */
  endpoint?: string
  region?: string
  /** Default: the SDK's own chain (environment, profile, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

const PART_BYTES = 8 * 1024 * 1024
const PARTS_AT_ONCE = 2
const CONNECT_TIMEOUT_MS = 3_000
const SILENCE_TIMEOUT_MS = 30_000

/** Blobs as objects: `[<prefix>/]<tenant>/<sha256>`. Works with any server of the S3 protocol. */
export function createS3Blobs({ bucket, prefix, endpoint, region, credentials }: S3Options): BlobStore {
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }), // Other servers have no host name for each bucket.
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    requestChecksumCalculation: 'WHEN_REQUIRED', // Not every server knows the newer checksums; ours is the name.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: SILENCE_TIMEOUT_MS },
  }
  const client = new S3Client(config)
  const incoming = join(tmpdir(), 'treadle-blobs')
  const at = (tenant: TenantId, sha256: Sha256) => ({
    Bucket: bucket,
    Key: [...(prefix ? [prefix] : []), tenant, sha256].join('/'),
  })

  return {
    async put(tenant, content, { named, retry } = {}) {
      const bytes = await nameBytes(content, incoming)
      try {
        const blob = { sha256: bytes.sha256, size: bytes.size }
        await named?.(blob)
        await persistently(async () => {
          if ((await size(tenant, bytes.sha256)) !== bytes.size) await store(at(tenant, bytes.sha256), bytes)
        }, retry)
        return blob
      } finally {
        await bytes.discard()
      }
    },
    async get(tenant, sha256, { range } = {}) {
      const bytes = range && `bytes=${range.start}-${range.end ?? ''}`
      const { Body } = await client
        .send(new GetObjectCommand({ ...at(tenant, sha256), ...(bytes && { Range: bytes }) }))
        .catch((error: unknown) => {
          if (isStatus(error, 404)) throw new BlobError('missing', `There is no blob ${sha256}.`, { cause: error })
          if (isStatus(error, 416)) {
            throw new BlobError('invalid-range', `The blob ${sha256} ends before ${range?.start}.`, { cause: error })
          }
          throw error
        })
      const body = Body as Readable // In Node it is one.
      return range ? body : verified(body, sha256)
    },
    size,
    has: async (tenant, sha256) => (await size(tenant, sha256)) !== undefined,
    async delete(tenant, sha256) {
      await client.send(new DeleteObjectCommand(at(tenant, sha256)))
    },
    async check() {
      await client.send(new HeadBucketCommand({ Bucket: bucket }))
    },
    close: async () => client.destroy(),
  }

  async function size(tenant: TenantId, sha256: Sha256): Promise<number | undefined> {
    try {
      const { ContentLength } = await client.send(new HeadObjectCommand(at(tenant, sha256)))
      return ContentLength
    } catch (error) {
      if (isStatus(error, 404)) return undefined
      throw error
    }
  }

  async function store(place: { Bucket: string; Key: string }, content: NamedBytes): Promise<void> {
    if (content.bytes) {
      await client.send(new PutObjectCommand({ ...place, Body: content.bytes, ContentLength: content.size }))
      return
    }
    const params = { ...place, Body: readNamed(content) }
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done()
  }
}

const isStatus = (error: unknown, status: number): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === status
