/**
 * What went wrong, for the program that reads it.
 * - `syntax`: the source is not CEL, or a pattern in it is not RE2
 * - `type`: a value is of a type that the operation does not take, or that JSON does not have
 * - `missing`: a name, a field or an index that is not there
 * - `limit`: too long, too deep, too large, or too much work (see limits.ts)
 * - `number`: overflow, division by zero, or a result that JSON cannot hold exactly
 * - `other`: anything else
 */
export type ExpressionErrorCode = 'syntax' | 'type' | 'missing' | 'limit' | 'number' | 'other'

/** A place in the source, in UTF-16 units. */
export interface Place {
  offset: number
  length: number
}

/** The one error that evaluating throws. It depends on the source and the scope alone, so it replays. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly code: ExpressionErrorCode
  /** Where in the source, in UTF-16 units, when that is known. */
  readonly offset?: number
  readonly length?: number

  constructor(code: ExpressionErrorCode, message: string, place?: Place) {
    super(message)
    this.code = code
    if (place) {
      this.offset = place.offset
      this.length = place.length
    }
  }

  /** The same at this place of the source, unless it has one. */
  at({ start, end }: { start: number; end: number }): ExpressionError {
    if (this.offset !== undefined) return this
    return new ExpressionError(this.code, this.message, { offset: start, length: end - start })
  }
}
