import { expect, test } from 'vitest'
import { childRunIdOf } from './child-run-id.ts'

test('a child has the same id whenever it is asked for, and the form of one', () => {
  const ids = [1, 2].map(() => childRunIdOf('run_a', 'items[3].score', 1_795_500_000_000))
  expect(ids[0]).toBe(ids[1])
  expect(ids[0]).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/)
})

test('the children of a run differ, and so do those of its forks', () => {
  const paths = Array.from({ length: 20_000 }, (_, index) => `m[${index % 200}].l#${Math.floor(index / 200)}`)
  const ids = ['run_a', 'run_b'].flatMap((run) => paths.map((path) => childRunIdOf(run, path, 1)))
  expect(new Set(ids).size).toBe(ids.length)
})
