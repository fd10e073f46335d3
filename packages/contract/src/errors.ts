import { ERROR_TABLE } from './generated/errors.ts'
import type { ErrorInfo } from './generated/types.ts'

/** A failure of a node or a run, by the one taxonomy; an author's own `fail` types are further strings. */
export type ErrorType = keyof typeof ERROR_TABLE.types
export type ProblemName = keyof typeof ERROR_TABLE.problems

/** How errors of a type are retried where the author says nothing else. Intervals in milliseconds. */
export type RetryDefaults = {
  retryable: boolean
  catchable: boolean
  maxAttempts: number
  initialIntervalMs: number
  backoffCoefficient: number
  maxIntervalMs: number
}

const NO_RETRY: RetryDefaults = {
  retryable: false,
  catchable: true,
  maxAttempts: 1,
  initialIntervalMs: 500,
  backoffCoefficient: 2,
  maxIntervalMs: 30_000,
}

export const ERROR_TYPES = Object.keys(ERROR_TABLE.types) as ErrorType[]
export const PROBLEMS: Record<ProblemName, { status: number; title: string; description: string }> =
  ERROR_TABLE.problems

/** The row of the table for `type`; an author's own type is not retried and can be caught. */
export function retryDefaults(type: string): RetryDefaults {
  const rows: Record<string, Partial<RetryDefaults>> = ERROR_TABLE.types
  return { ...NO_RETRY, ...(Object.hasOwn(rows, type) ? rows[type] : {}) }
}

/**
 * The one error class for failures that are expected. `type` is what programs compare, since classes do not cross a process or the sandbox;
 * `message` is written for the user; `cause` and `detail` are for our own logs.
 */
export class TreadleError extends Error {
  override readonly name = 'TreadleError'
  readonly type: ErrorType | (string & {})
  readonly details: unknown
  /** How long the other side asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    type: ErrorType | (string & {}),
    message: string,
    options: { details?: unknown; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.type = type
    this.details = options.details
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Any thrown value as the wire shape; what is not ours is `internal`, and its text stays out of it. */
export function toErrorInfo(error: unknown, node?: string): ErrorInfo {
  const known = error instanceof TreadleError
  return {
    type: known ? error.type : 'internal',
    message: known ? error.message : 'An unexpected error; the worker’s log has it.',
    ...(node === undefined ? {} : { node }),
    ...(known && error.details !== undefined ? { details: error.details } : {}),
  }
}
