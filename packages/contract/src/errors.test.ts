import { expect, test } from 'vitest'
import { ERROR_TYPES, PROBLEMS, retryDefaults, TreadleError, toErrorInfo } from './errors.ts'

test('cancelled and budget_exceeded are the only types that a catch never takes', () => {
  expect(ERROR_TYPES.filter((type) => !retryDefaults(type).catchable)).toEqual(['budget_exceeded', 'cancelled'])
})

test('an author’s own type is not retried and can be caught', () => {
  expect(retryDefaults('out_of_stock')).toMatchObject({ retryable: false, catchable: true, maxAttempts: 1 })
  expect(retryDefaults('constructor')).toMatchObject({ retryable: false })
})

test('each problem has a status of its class and a text', () => {
  for (const [name, problem] of Object.entries(PROBLEMS)) {
    expect(name).toMatch(/^[a-z][a-z-]*$/)
    expect(problem.status).toBeGreaterThanOrEqual(400)
    expect(problem.title.length).toBeGreaterThan(0)
  }
})

test('what is not ours becomes internal, and its text stays inside', () => {
  expect(toErrorInfo(new Error('password=1'), 'a.b')).toEqual({
    type: 'internal',
    message: 'An unexpected error; the worker’s log has it.',
    node: 'a.b',
  })
  expect(toErrorInfo(new TreadleError('timeout', 'Took longer than 5 s.', { details: { ms: 5000 } }))).toEqual({
    type: 'timeout',
    message: 'Took longer than 5 s.',
    details: { ms: 5000 },
  })
})
