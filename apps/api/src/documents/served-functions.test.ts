import type { FunctionSignature } from '@treadle/translator'
import { expect, test } from 'vitest'
import { createServedFunctions } from './served-functions.ts'

function setUp() {
  let ms = 0
  let reads = 0
  let functions: FunctionSignature[] | undefined = [{ name: 'score', runtime: 'python' }]
  const served = createServedFunctions({
    async read() {
      reads += 1
      if (!functions) throw new Error('Postgres is away')
      return functions
    },
    log: { warn: () => {} },
    now: () => ms,
  })
  return {
    served,
    reads: () => reads,
    pass: (by: number) => {
      ms += by
    },
    change: (to: FunctionSignature[] | undefined) => {
      functions = to
    },
  }
}

test('functions are read once in a while, and once for all who ask meanwhile', async () => {
  const { served, reads, pass } = setUp()
  await Promise.all([served(), served()])
  await served()
  expect(reads()).toBe(1)
  pass(5_000)
  expect((await served())?.functions).toEqual([{ name: 'score', runtime: 'python' }])
  expect(reads()).toBe(2)
})

test('the key changes with the functions, and with nothing else', async () => {
  const { served, change } = setUp()
  const first = await served()
  expect(await served({ fresh: true })).toBe(first)
  change([{ name: 'score', runtime: 'python', outputSchema: {} }])
  expect((await served({ fresh: true }))?.key).not.toBe(first?.key)
})

test('while Postgres is away what was known stays', async () => {
  const { served, change } = setUp()
  change(undefined)
  expect(await served()).toBeUndefined()
  change([])
  const known = await served({ fresh: true })
  change(undefined)
  expect(await served({ fresh: true })).toBe(known)
})
