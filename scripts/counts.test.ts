import { expect, test } from 'vitest'
import { summaryLine } from './test.mjs'
import { countTests } from './vitest.mjs'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((state) => ({ status: state })),
})
const report = (numbers: object, ...testResults: object[]) => ({ ...numbers, testResults })

test('counts are those of the report', () => {
  const numbers = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }
  expect(countTests(report(numbers, file('failed', 'passed', 'failed')), 1)).toEqual({
    passed: 5,
    failed: 1,
    skipped: 3,
  })
})

test('a file that broke before its first test is a failure', () => {
  expect(countTests(report({ numPassedTests: 3 }, file('passed', 'passed'), file('failed')), 1)).toMatchObject({
    failed: 1,
  })
})

test('an exit code that no test explains is a failure, and so is a report that is missing', () => {
  expect(countTests(report({ numPassedTests: 3 }, file('passed', 'passed')), 1)).toEqual({
    passed: 3,
    failed: 1,
    skipped: 0,
  })
  expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('the last line counts what was skipped only when something was', () => {
  expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
  expect(summaryLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped')
})
