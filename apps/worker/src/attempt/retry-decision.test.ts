import type { PlanRetry } from '@treadle/contract'
import { expect, test } from 'vitest'
import { decideRetry } from './retry-decision.ts'

test('a type of the table is tried as often as the table says, with its backoff', () =>
  check('rate_limited', {}, [1000, 2000, 4000, 8000, 'no more']))
test('the interval grows no further than its maximum', () =>
  check('unavailable', { maxAttempts: 9 }, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 'no more']))
test('what the author gives replaces the table, field by field', () =>
  check('timeout', { initialIntervalMs: 100, backoffCoefficient: 3 }, [100, 300, 'no more']))
test('a first interval above the table’s maximum stands', () =>
  check('internal', { initialIntervalMs: 60_000 }, [60_000, 60_000, 'no more']))
test('a type that the table does not retry fails at once', () => check('invalid_output', {}, ['no more']))
test('maxAttempts alone does not make a type retryable', () => check('tool_error', { maxAttempts: 5 }, ['no more']))
test('a type that `on` names is retried, three attempts where nothing else is said', () =>
  check('tool_error', { on: ['tool_error'] }, [500, 1000, 'no more']))
test('a type that `on` leaves out is not retried', () => check('timeout', { on: ['rate_limited'] }, ['no more']))
test('the author’s own types are retried where `on` names them', () => {
  check('out_of_stock', {}, ['no more'])
  check('out_of_stock', { on: ['out_of_stock'], maxAttempts: 2 }, [500, 'no more'])
})
test('cancelled and budget_exceeded are final, whatever `on` says', () => {
  check('cancelled', { on: ['cancelled'], maxAttempts: 9 }, ['no more'])
  check('budget_exceeded', { on: ['budget_exceeded'], maxAttempts: 9 }, ['no more'])
})
test('Retry-After lengthens the delay, and never shortens it', () => {
  check('rate_limited', {}, [7000, 7000], 7000)
  check('rate_limited', {}, [1000], 10)
})
test('nobody is waited for longer than a day', () => check('overloaded', {}, [86_400_000], 1e12))

/** `expected`: the delay after each failure in turn. */
function check(type: string, retry: PlanRetry, expected: (number | 'no more')[], retryAfterMs?: number) {
  const delays = expected.map((_, failures) => {
    const decision = decideRetry({ type, message: '' }, retry, failures, retryAfterMs)
    return decision.retry ? decision.delayMs : 'no more'
  })
  expect(delays).toEqual(expected)
}
