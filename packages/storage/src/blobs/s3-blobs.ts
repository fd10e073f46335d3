import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { Sha256, TenantId } from '@treadle/contract'
import { type NamedBytes, readNamed } from './named-bytes.ts'
import type { RawBlobs } from './raw-blobs.ts'

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
export function createS3Blobs({ bucket, prefix, endpoint, region, credentials }: S3Options): RawBlobs {
  const config: S3ClientConfig = {
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }), // Other servers have no host name for each bucket.
    ...(region !== undefined && { region }),
    ...(credentials && { credentials }),
    requestChecksumCalculation: 'WHEN_REQUIRED', // Not every server knows the newer checksums; ours is the name.
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: SILENCE_TIMEOUT_MS },
  }
  const loading = loadClient(config)
  loading.catch(() => {}) // Whoever uses it hears of it.
  const incoming = join(tmpdir(), 'treadle-blobs')
  const at = (tenant: TenantId, sha256: Sha256) => ({
    Bucket: bucket,
    Key: [...(prefix ? [prefix] : []), tenant, sha256].join('/'),
  })

  return {
    incoming,
    isFar: true,
    async read(tenant, sha256, range) {
      const { client, GetObjectCommand } = await loading
      const bytes = range && `bytes=${range.start}-${range.end}`
      try {
        const found = await client.send(new GetObjectCommand({ ...at(tenant, sha256), ...(bytes && { Range: bytes }) }))
        const size = found.ContentRange?.split('/')[1] ?? found.ContentLength
        return { body: found.Body as Readable, size: Number(size) } // In Node the body is one.
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        if (isStatus(error, 416)) return { body: Readable.from([]), size: 0 } // Nothing has no first byte either.
        throw error
      }
    },
    place: (tenant, content) => store(at(tenant, content.sha256), content),
    async delete(tenant, sha256) {
      const { client, DeleteObjectCommand } = await loading
      await client.send(new DeleteObjectCommand(at(tenant, sha256)))
    },
    async check() {
      const { client, HeadBucketCommand } = await loading
      await client.send(new HeadBucketCommand({ Bucket: bucket }))
    },
    async close() {
      const { client } = await loading
      client.destroy()
    },
  }

  async function store(place: { Bucket: string; Key: string }, content: NamedBytes): Promise<void> {
    const { client, PutObjectCommand, Upload } = await loading
    if (content.bytes) {
      await client.send(new PutObjectCommand({ ...place, Body: content.bytes, ContentLength: content.bytes.length }))
      return
    }
    const params = { ...place, Body: readNamed(content) }
    await new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE }).done()
  }
}

/** AWS's SDK takes 0.2 s and some 15 MiB to load, so only who stores there does. */
async function loadClient(config: S3ClientConfig) {
  const [sdk, { Upload }] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')])
  return { ...sdk, Upload, client: new sdk.S3Client(config) }
}

const isStatus = (error: unknown, status: number): boolean =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === status
