import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

test('a time span reads back as it was written, and anything else is none', () => {
  fc.assert(
    fc.property(fc.nat(2_000_000_000), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms)
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.stringMatching(/^[0-9dhms.e+-]{1,20}$/)), (text) => {
      const ms = parseDuration(text)
      if (ms !== undefined) expect(Number.isSafeInteger(ms) && ms >= 0 && /^\d/.test(String(text))).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})
