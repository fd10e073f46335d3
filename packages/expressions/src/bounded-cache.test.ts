import { expect, test } from 'vitest'
import { boundedCache } from './bounded-cache.ts'

test('a key is made once while it is remembered', () => {
  check({ entriesMax: 2, charactersMax: 100 }, 'a a b a', 'a b')
})
test('the oldest keys are forgotten when there are too many, down to three quarters', () => {
  check({ entriesMax: 4, charactersMax: 100 }, 'a b c d e d c b a', 'a b c d e b a')
})
test('the oldest keys are forgotten when they are too long together', () => {
  check({ entriesMax: 9, charactersMax: 8 }, 'aa bb ccccc ccccc bb', 'aa bb ccccc bb')
})
test('a key that is too long alone is not remembered', () => {
  check({ entriesMax: 9, charactersMax: 2 }, 'aaa aaa', 'aaa aaa')
})

/** Keys asked for, and those that had to be made. */
function check(bounds: { entriesMax: number; charactersMax: number }, asked: string, made: string) {
  const makes: string[] = []
  const cache = boundedCache<string[]>(bounds)
  for (const key of asked.split(' ')) cache(key, () => [String(makes.push(key))])
  expect(makes.join(' ')).toBe(made)
}
