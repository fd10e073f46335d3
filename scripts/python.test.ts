import { expect, test } from 'vitest'
import { countPythonTests } from './python.mjs'

test.each([
  ['........ [100%]\n100 passed in 3.17s\n', 0, { passed: 100, failed: 0, skipped: 0 }],
  ['F\n1 failed, 99 passed, 2 skipped in 3.17s', 1, { passed: 99, failed: 1, skipped: 2 }],
  ['!! Interrupted: 1 error during collection !!\n1 error in 0.2s', 2, { passed: 0, failed: 1, skipped: 0 }],
  ['No module named pytest', 1, { passed: 0, failed: 1, skipped: 0 }],
])('counts from what pytest says last: %j', (output, code, counts) => {
  expect(countPythonTests(output, code)).toEqual(counts)
})
