import { expect, test } from 'vitest'
import { newRunId } from './ids.ts'

test('a run id has the form that the schemas promise', () => {
  expect(newRunId()).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/)
})

test('run ids sort by their time', () => {
  const times = [0, 1, 999, 2 ** 31, 2 ** 32, 1_795_500_000_000, 2 ** 47]
  const ids = times.map((time) => newRunId(time))
  expect([...ids].sort()).toEqual(ids)
})

test('ids of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 1000 }, () => newRunId(1))).size).toBe(1000)
})
