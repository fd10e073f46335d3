export type BlobErrorCode = 'missing' | 'corrupt' | 'invalid-range'

/** A blob that cannot be given; compare `code`. Anything else that a store throws is an outage, and may be tried again. */
export class BlobError extends Error {
  override readonly name = 'BlobError'
  readonly code: BlobErrorCode

  constructor(code: BlobErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
