import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.ts'

const positions = fc.array(fc.nat({ max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: 100 })

test('any positions come back', () => {
  fc.assert(
    fc.property(positions, (list) => {
      const runIds = list.map((_, index) => `run_${index}`)
      expect(decodeCursor(runIds, encodeCursor(runIds, list))).toEqual(list)
    }),
  )
})

test('a cursor is good for its own runs, in their order', () => {
  const cursor = encodeCursor(['a', 'b'], [3, 300])
  expect(decodeCursor(['b', 'a'], cursor)).toBeUndefined()
  expect(decodeCursor(['a', 'b', 'c'], cursor)).toBeUndefined()
  expect(decodeCursor(['a', 'b'], cursor)).toEqual([3, 300])
})

test('no text makes it fail', () => {
  fc.assert(fc.property(fc.string(), (text) => decodeCursor(['a', 'b'], text) === undefined))
  const cursor = encodeCursor(['a', 'b'], [3, 300])
  for (let length = 0; length < cursor.length; length++) {
    expect(decodeCursor(['a', 'b'], cursor.slice(0, length))).toBeUndefined()
  }
})
