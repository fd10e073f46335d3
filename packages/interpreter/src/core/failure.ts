import { type ErrorInfo, type ErrorType, retryDefaults, TreadleError } from '@treadle/contract'
import { ExpressionError } from '@treadle/expressions'

/** How a node or a body failed, on its way up. `info.node` names the node in which it began. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly info: ErrorInfo

  constructor(info: ErrorInfo, options?: ErrorOptions) {
    super(`${info.type}: ${info.message}`, options)
    this.info = info
  }
}

export const fail = (type: ErrorType, message: string, node?: string): Failure =>
  new Failure({ type, message, ...(node === undefined ? {} : { node }) })

export const cancelled = (node?: string): Failure => fail('cancelled', 'It was cancelled.', node)

/** Anything thrown while `node` was executed, by the one taxonomy. An expression's error is the author's; what is not ours is `internal`. */
export function toFailure(error: unknown, node?: string): Failure {
  if (error instanceof Failure && (node === undefined || error.info.node !== undefined)) return error
  return new Failure({ ...infoOf(error), ...(node === undefined ? {} : { node }) }, { cause: error })
}

function infoOf(error: unknown): ErrorInfo {
  if (error instanceof Failure) return error.info
  if (error instanceof ExpressionError) return { type: 'invalid_request', message: error.message }
  if (error instanceof TreadleError) {
    const { type, message, details } = error
    return details === undefined ? { type, message } : { type, message, details }
  }
  return {
    type: 'internal',
    message: `An error of the interpreter: ${error instanceof Error ? error.message : String(error)}`,
  }
}

/** Says whether a `catch` may take errors of this type: everything but `cancelled` and `budget_exceeded`. */
export const isCatchable = (type: string): boolean => retryDefaults(type).catchable
