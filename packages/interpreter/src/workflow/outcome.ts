import { ActivityFailure, ApplicationFailure, CancelledFailure, RetryState, TimeoutFailure } from '@temporalio/common'
import type { ErrorInfo, NodeFailure } from '@treadle/contract'

export type ActivityEnd = { error: ErrorInfo; recorded: boolean; outboxApplied: number }

/** How an activity failed, read from what Temporal threw. `recorded`: the worker has written the node's end. */
export function activityEnd(thrown: unknown): ActivityEnd {
  const cause = thrown instanceof ActivityFailure ? thrown.cause : thrown
  if (cause instanceof CancelledFailure)
    return { ...unrecorded('cancelled', 'It was cancelled.'), ...appliedIn(cause.details) }
  if (cause instanceof ApplicationFailure) {
    const failure = nodeFailureIn(cause.details)
    // The worker left it to another attempt, which Temporal does not begin once a cancel is asked for.
    const isCutOff = thrown instanceof ActivityFailure && thrown.retryState === RetryState.CANCEL_REQUESTED
    if (isCutOff && !cause.nonRetryable)
      return { ...unrecorded('cancelled', 'It was cancelled.'), ...appliedIn(cause.details) }
    if (failure) return { error: failure.error, recorded: true, outboxApplied: failure.outboxApplied }
    return unrecorded(cause.type ?? 'internal', cause.message)
  }
  if (cause instanceof TimeoutFailure)
    return unrecorded('timeout', `No worker finished it in time (${cause.timeoutType}).`)
  return unrecorded('internal', cause instanceof Error ? cause.message : String(cause))
}

const unrecorded = (type: string, message: string): ActivityEnd => ({
  error: { type, message },
  recorded: false,
  outboxApplied: 0,
})

function nodeFailureIn(details: unknown): NodeFailure | undefined {
  const [first] = Array.isArray(details) ? details : []
  return typeof first === 'object' && first !== null && 'error' in first ? (first as NodeFailure) : undefined
}

function appliedIn(details: unknown): { outboxApplied?: number } {
  const [first] = Array.isArray(details) ? details : []
  const applied =
    typeof first === 'object' && first !== null && 'outboxApplied' in first ? first.outboxApplied : undefined
  return typeof applied === 'number' ? { outboxApplied: applied } : {}
}
