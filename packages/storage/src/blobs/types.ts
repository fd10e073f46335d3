import type { Readable } from 'node:stream'
import type { Blob, Sha256, TenantId } from '@treadle/contract'

/** Bytes `start` to `end`, both inclusive, counted from 0; without `end` to the last one. */
export type ByteRange = { start: number; end?: number }

/**
 * Content-addressed storage of large values, by tenant. Putting the same bytes again changes nothing.
 * A missing blob, or one whose bytes do not fit its name, is a BlobError.
 */
export type BlobStore = {
  /** Stores the bytes; resolves when they are durable. Streams are passed through, never held whole. */
  put(tenant: TenantId, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Blob>
  /**
   * The bytes as a stream, which fails with BlobError `corrupt` before its end when the content does not fit `sha256`. A `range` is
   * a part of the whole and cannot be verified.
   */
  get(tenant: TenantId, sha256: Sha256, options?: { range?: ByteRange }): Promise<Readable>
  /** Size in bytes; undefined when it is not there. */
  size(tenant: TenantId, sha256: Sha256): Promise<number | undefined>
  has(tenant: TenantId, sha256: Sha256): Promise<boolean>
  delete(tenant: TenantId, sha256: Sha256): Promise<void>
  /** Says whether the store can be used right now; throws what is wrong. */
  check(): Promise<void>
  close(): Promise<void>
}

/** Who refers to a blob. Written before anything that carries the handle, so that the sweeper never takes what is in use. */
export type BlobRefs = {
  /** The run refers to these. Repeats change nothing. */
  add(tenant: TenantId, runId: string, blobs: Blob[]): Promise<void>
}
