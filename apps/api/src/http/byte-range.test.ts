import { expect, test } from 'vitest'
import { byteRangeOf } from './byte-range.ts'

test('a range is the first and the last byte of what there is', () => {
  expect(byteRangeOf('bytes=0-4', 10)).toEqual({ start: 0, end: 4 })
  expect(byteRangeOf('bytes=5-', 10)).toEqual({ start: 5, end: 9 })
  expect(byteRangeOf('bytes=5-100', 10)).toEqual({ start: 5, end: 9 })
  expect(byteRangeOf('bytes=-3', 10)).toEqual({ start: 7, end: 9 })
  expect(byteRangeOf('bytes=-30', 10)).toEqual({ start: 0, end: 9 })
})

test('what asks for nothing that is there cannot be satisfied', () => {
  for (const header of ['bytes=10-', 'bytes=10-12', 'bytes=-0'])
    expect([header, byteRangeOf(header, 10)]).toEqual([header, 'unsatisfiable'])
  expect(byteRangeOf('bytes=-1', 0)).toBe('unsatisfiable')
})

test('anything else gets the whole', () => {
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=0-1', 'bytes=a-b'])
    expect([header, byteRangeOf(header, 10)]).toEqual([header, undefined])
})
