import { ExpressionError } from '../expression-error.ts'
import { OUTPUT_BYTES_MAX, WORK_MAX } from '../limits.ts'

/**
 * The work of the evaluation that runs now. Evaluation is synchronous and never re-entrant, so one counter is enough,
 * and it starts anew each time.
 */
let left = 0
let seen = new Set<string>()

const spent = new ExpressionError(
  'limit',
  `the expression takes more than ${WORK_MAX} steps: read fewer items, or do this in a tool`,
)

export const startWork = () => {
  left = WORK_MAX
  if (seen.size > 0) seen = new Set()
}

/** Whether this is the first time in this evaluation: for work whose result is kept. */
export function oncePerEvaluation(key: string): boolean {
  if (seen.has(key)) return false
  seen.add(key)
  return true
}

/**
 * Counts work before it is done.
 * @throws the same ExpressionError `limit` from then on, once there is none left; so whoever catches it and goes on
 * is stopped at the next count.
 */
export function spend(units: number) {
  left -= units
  if (left < 0) {
    left = Number.NEGATIVE_INFINITY
    throw spent
  }
}

/** To make an error takes this much longer than a step, and `||`, `exists` and `default` drop them and go on. */
export const ERROR_UNITS = 200

export const isWorkSpent = () => left < 0

/** A new error each time for the caller, as errors carry a stack. */
export const workError = () => new ExpressionError('limit', spent.message)

/** What has been counted since the start; for tests and for the calibration in bench/. */
export const workDone = () => (left < 0 ? WORK_MAX : WORK_MAX - left)

/** @throws ExpressionError `limit`, before a string (or bytes) is made that is longer than any result may be. */
export function checkTextLength(length: number) {
  if (length > OUTPUT_BYTES_MAX)
    throw new ExpressionError('limit', `a value of ${length} characters is longer than ${OUTPUT_BYTES_MAX}`)
}
