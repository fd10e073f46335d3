import type { ErrorInfo, Json, Usage } from '@treadle/contract'

/** How an attempt came out, in the log and so for whoever hosts it: Temporal, or a segment. */
export type AttemptOutcome = { outboxApplied: number } & (
  | { status: 'completed'; output: Json; usage?: Usage }
  /** The next attempt may begin after `delayMs`. */
  | { status: 'retrying'; error: ErrorInfo; delayMs: number; attempt: number }
  | { status: 'failed'; error: ErrorInfo; attempt?: number }
  /** `before`: the log had it already, from an earlier attempt. */
  | { status: 'cancelled'; before?: true }
  /** In a segment: the run is paused, and this node has not begun. */
  | { status: 'paused' }
  /** The run has its last event already. */
  | { status: 'ended' }
  /** The attempt is over without a word in the log: who comes next writes that it died. */
  | { status: 'died'; why: string }
)
