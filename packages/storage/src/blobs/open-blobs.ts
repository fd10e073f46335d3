import type { Log } from '../log.ts'
import type { BlobStore } from './types.ts'

export type BlobOptions = {
  /** `file:///folder` or `s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1`. */
  url: string
  /** For S3. Default: the SDK's own chain (environment, profile, instance). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
  log?: Log
}

/** Opens a blob store. A folder is created; an S3 bucket has to be there. */
export function openBlobs(_options: BlobOptions): BlobStore {
  throw new Error('Not there yet.')
}
