import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { TreadleError } from '@treadle/contract'

export const isAlreadyStarted = (error: unknown): boolean => error instanceof WorkflowExecutionAlreadyStartedError

/** No workflow of that id runs: it never started, has ended, or is no longer kept. */
export const isNotFound = (error: unknown): boolean => error instanceof WorkflowNotFoundError

export const isRejectedUpdate = (error: unknown): boolean => error instanceof WorkflowUpdateFailedError

export const isDeadline = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)

// The numbers of gRPC's status codes that say: not like this, however often it is sent.
const REFUSALS = new Set([3 /* INVALID_ARGUMENT */, 7 /* PERMISSION_DENIED */, 16 /* UNAUTHENTICATED */])

/** What the bridge throws: its text is ours, since the server's may name hosts; the cause is for the log. */
export function toBridgeError(error: unknown): TreadleError {
  if (error instanceof TreadleError) return error
  const status = grpcStatusOf(error)
  if (status !== undefined && REFUSALS.has(status)) {
    return new TreadleError('invalid_request', 'Temporal refused the call.', { cause: error })
  }
  return new TreadleError('unavailable', 'Temporal cannot be reached.', { cause: error })
}

function grpcStatusOf(error: unknown): number | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause)) return cause.code
  }
  return undefined
}
