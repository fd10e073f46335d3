import { expect, test } from 'vitest'
import { createLru } from './lru.ts'

test('what was not used for longest goes first', () => {
  const made: string[] = []
  const lru = createLru<string>(2)
  const get = (key: string) => lru.getOr(key, () => `${key}${made.push(key)}`)
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(get)).toEqual(['a1', 'b2', 'a1', 'c3', 'a1', 'b4'])
})

test('what could not be made is not kept', () => {
  const lru = createLru<number>(2)
  expect(() =>
    lru.getOr('a', () => {
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(lru.getOr('a', () => 1)).toBe(1)
})
