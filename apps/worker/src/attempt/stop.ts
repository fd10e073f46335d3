import type { ErrorInfo } from '@treadle/contract'

/** Why an attempt has to stop before its work is done. Only the first reason counts. */
export type StopReason =
  /** The node is cancelled: `node.cancelled` is written. */
  | 'cancelled'
  /** The attempt took longer than its `timeoutMs`: a failure. */
  | 'timeout'
  /** This worker shuts down: the attempt dies, and is repeated elsewhere. */
  | 'shutdown'
  /** Temporal no longer waits for this attempt. */
  | 'abandoned'
  /** A newer attempt has taken over, or the run has ended: nothing more of this one can be written. */
  | 'fenced'
  /** Events could not be written. */
  | { lost: unknown }

export type Stop = {
  readonly signal: AbortSignal
  readonly reason: StopReason | undefined
  now(reason: StopReason): void
}

export function createStop(): Stop {
  const controller = new AbortController()
  let first: StopReason | undefined
  return {
    signal: controller.signal,
    get reason() {
      return first
    },
    now(reason) {
      if (first !== undefined) return
      first = reason
      controller.abort(new DOMException('The attempt was stopped.', 'AbortError'))
    },
  }
}

export const timeoutError = (timeoutMs: number): ErrorInfo => ({
  type: 'timeout',
  message: `It took longer than its timeout of ${timeoutMs} ms.`,
})
