import { expect, test } from 'vitest'
import { countGoTests } from './go.mjs'

const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join('\n')

test('tests of all packages are counted, subtests too', () => {
  const output = lines(
    { Action: 'run', Package: 'a', Test: 'TestOne' },
    { Action: 'pass', Package: 'a', Test: 'TestOne/sub' },
    { Action: 'pass', Package: 'a', Test: 'TestOne' },
    { Action: 'skip', Package: 'a', Test: 'TestTwo' },
    { Action: 'pass', Package: 'a' },
    { Action: 'output', Package: 'b', Test: 'TestThree', Output: 'three is wrong\n' },
    { Action: 'fail', Package: 'b', Test: 'TestThree' },
    { Action: 'fail', Package: 'b' },
  )
  const { counts, shown } = countGoTests(output, 1)
  expect(counts).toEqual({ passed: 2, failed: 1, skipped: 1 })
  expect(shown).toBe('ok   a\nthree is wrong\n')
})

test('a package that does not compile is a failure, and its error is shown', () => {
  const output = lines(
    { ImportPath: 'a [a.test]', Action: 'build-output', Output: './a.go:1: oops\n' },
    { ImportPath: 'a [a.test]', Action: 'build-fail' },
    { Action: 'fail', Package: 'a' },
  )
  const { counts, shown } = countGoTests(output, 1)
  expect(counts.failed).toBe(1)
  expect(shown).toContain('oops')
})

test('an exit code that no test explains is a failure', () =>
  expect(countGoTests('panic: oh', 2).counts).toEqual({ passed: 0, failed: 1, skipped: 0 }))
