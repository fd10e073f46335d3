import type { Readable } from 'node:stream'
import type { Sha256, TenantId } from '@treadle/contract'
import type { NamedBytes } from './named-bytes.ts'

/** Where blobs lie, as bytes that nobody looks into: a folder, a bucket. Anything that is thrown is an outage. */
export type RawBlobs = {
  /**
   * The stored bytes, or those from `start` to `end` (both inclusive; past the end there are none); undefined where there is no such blob.
   * `size`: of all of them.
   */
  read(
    tenant: TenantId,
    sha256: Sha256,
    range?: { start: number; end: number },
  ): Promise<{ body: Readable; size: number } | undefined>
  /** Durable once this resolves. What was there is replaced as a whole. */
  place(tenant: TenantId, content: NamedBytes): Promise<void>
  delete(tenant: TenantId, sha256: Sha256): Promise<void>
  check(): Promise<void>
  close(): Promise<void>
  /** Where content waits until its name is known. */
  readonly incoming: string
  /** What is there already is not sent again: the way is long. */
  readonly isFar: boolean
}
