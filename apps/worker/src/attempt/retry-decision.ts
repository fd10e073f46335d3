import { type ErrorInfo, type PlanRetry, retryDefaults } from '@treadle/contract'

export type RetryDecision = { retry: true; delayMs: number } | { retry: false }

/** Attempts of a type that is retried only because the author's `retry.on` names it. */
const ATTEMPTS_WHEN_NAMED = 3
/** Whatever the other side asks for. */
const DELAY_MS_MAX = 24 * 60 * 60 * 1000

/**
 * Says whether a node that has failed is tried again, and after how long. What `retry` leaves open comes from the table of error types.
 * `failures` counts those before this one; attempts that died do not count.
 */
export function decideRetry(error: ErrorInfo, retry: PlanRetry, failures: number, retryAfterMs = 0): RetryDecision {
  const defaults = retryDefaults(error.type)
  const named = retry.on?.includes(error.type)
  if (!defaults.catchable || !(named ?? defaults.retryable)) return { retry: false }

  const attemptsMax = retry.maxAttempts ?? (defaults.retryable ? defaults.maxAttempts : ATTEMPTS_WHEN_NAMED)
  if (failures + 1 >= attemptsMax) return { retry: false }

  const initialMs = retry.initialIntervalMs ?? defaults.initialIntervalMs
  const coefficient = retry.backoffCoefficient ?? defaults.backoffCoefficient
  const maxMs = Math.max(
    retry.maxIntervalMs ?? defaults.maxIntervalMs,
    retry.maxIntervalMs === undefined ? initialMs : 0,
  )
  const backoffMs = Math.min(initialMs * coefficient ** failures, maxMs)
  return { retry: true, delayMs: Math.min(Math.round(Math.max(backoffMs, retryAfterMs)), DELAY_MS_MAX) }
}
