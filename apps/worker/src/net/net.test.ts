import { expect, test } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'
import { typeOfStatus } from './status-type.ts'

const NOW = Date.parse('2026-11-24T04:00:00Z')

test.each([
  ['7', 7000],
  [' 0.5 ', 500],
  ['Tue, 24 Nov 2026 04:01:30 GMT', 90_000],
  ['Tue, 24 Nov 2026 03:00:00 GMT', 0],
  ['soon', undefined],
  ['-3', undefined],
  ['2026', 2_026_000],
  ['', undefined],
  [null, undefined],
])('Retry-After: %s asks for %s ms', (header, expected) => {
  expect(parseRetryAfter(header, NOW)).toBe(expected)
})

test.each([
  [400, 'invalid_request'],
  [401, 'auth'],
  [403, 'auth'],
  [404, 'invalid_request'],
  [408, 'timeout'],
  [409, 'invalid_request'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
  [500, 'unavailable'],
  [503, 'overloaded'],
  [504, 'unavailable'],
  [529, 'overloaded'],
])('HTTP %i is %s', (status, expected) => expect(typeOfStatus(status)).toBe(expected))
