import { fileURLToPath } from 'node:url'
import type { Keyring } from '@treadle/contract/encryption'
import { createBlobStore } from './blob-store.ts'
import { createFolderBlobs } from './folder-blobs.ts'
import type { RawBlobs } from './raw-blobs.ts'
import { createS3Blobs } from './s3-blobs.ts'
import type { BlobStore } from './types.ts'

export type BlobOptions = {
  /** `file:///folder`, or `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`; prefix and query may be left out. */
  url: string
  /** For S3. Default: the SDK's own chain (environment, profile, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
  /** Encrypts what is stored, and decrypts it. Default: it is stored as it is. */
  keyring?: Keyring | undefined
}

const S3_PARAMETERS = new Set(['endpoint', 'region'])

/**
 * Opens a blob store; whether it can be used shows `check`. A folder is made when it is missing, an S3 bucket has to be there.
 * @throws Error when the URL names no store.
 */
export const openBlobs = ({ keyring, ...place }: BlobOptions): BlobStore => createBlobStore(openRaw(place), keyring)

function openRaw({ url: text, credentials }: BlobOptions): RawBlobs {
  if (!URL.canParse(text))
    throw new Error(`Blobs are at file:///folder or s3://bucket, not at ${JSON.stringify(text)}.`)
  const url = new URL(text)
  if (url.protocol === 'file:') return createFolderBlobs(fileURLToPath(url))
  if (url.protocol !== 's3:' || url.hostname === '') {
    throw new Error(`Blobs are at file:///folder or s3://bucket, not at ${JSON.stringify(text)}.`)
  }
  const unknown = [...url.searchParams.keys()].find((name) => !S3_PARAMETERS.has(name))
  if (unknown !== undefined)
    throw new Error(`The URL of the blobs has endpoint and region, not ${JSON.stringify(unknown)}.`)
  const [prefix, endpoint, region] = [
    url.pathname.replace(/^\/+|\/+$/g, ''),
    url.searchParams.get('endpoint'),
    url.searchParams.get('region'),
  ]
  return createS3Blobs({
    bucket: url.hostname,
    ...(prefix !== '' && { prefix }),
    ...(endpoint !== null && { endpoint }),
    ...(region !== null && { region }),
    ...(credentials && { credentials }),
  })
}
