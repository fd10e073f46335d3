import type { Readable } from 'node:stream'
import type { Blob, RunId, Sha256, TenantId } from '@treadle/contract'

/** Bytes `start` to `end`, both inclusive, counted from 0; without `end` to the last one. */
export type ByteRange = { start: number; end?: number }

export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>

export type PutOptions = {
  /**
   * Called when the content's name is known and before anything is stored under it: here is the place for `BlobRefs.add`. In this order
   * the sweeper never takes a blob that somebody is about to refer to.
   */
  named?: (blob: Blob) => Promise<void>
  /**
   * Called when the content is at hand and could not be stored: it is tried again where this resolves. Default: never. So a stream, which
   * cannot be read again, outlasts an outage.
   */
  retry?: (error: unknown) => Promise<void>
}

/**
 * Content-addressed storage of large values, by tenant. Putting the same bytes again changes nothing.
 * A missing blob, or one whose bytes do not fit its name, is a BlobError; anything else that is thrown is an outage.
 */
export type BlobStore = {
  /** Stores the bytes; resolves when they are durable. Streams pass through a file where they are large, never through memory. */
  put(tenant: TenantId, content: BlobContent, options?: PutOptions): Promise<Blob>
  /**
   * The bytes as a stream, which fails with BlobError `corrupt` in place of its end when they do not fit `sha256`. A `range` is a part of
   * the whole and cannot be verified. @throws BlobError `missing`, or `invalid-range` when it starts past the last byte.
   */
  get(tenant: TenantId, sha256: Sha256, options?: { range?: ByteRange }): Promise<Readable>
  /** Size in bytes; undefined when it is not there. */
  size(tenant: TenantId, sha256: Sha256): Promise<number | undefined>
  has(tenant: TenantId, sha256: Sha256): Promise<boolean>
  /** Repeats change nothing. For the sweeper. */
  delete(tenant: TenantId, sha256: Sha256): Promise<void>
  /** Resolves when the store can be used right now; throws what is wrong. */
  check(): Promise<void>
  close(): Promise<void>
}

/** Who refers to which blob. */
export type BlobRefs = {
  /** The run refers to these. Written before anything that carries their handles. Repeats change nothing. */
  add(tenant: TenantId, runId: RunId, blobs: readonly Blob[]): Promise<void>
  /** Those of these names that are known, and touched by that as by `touch`. */
  find(tenant: TenantId, names: readonly Sha256[]): Promise<Blob[]>
  /** Somebody will refer to these within a day: the sweeper leaves them alone until then. For uploads. */
  touch(tenant: TenantId, blobs: readonly Blob[]): Promise<void>
}
