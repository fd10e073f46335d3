import { readFile } from 'node:fs/promises'
import type { Runtime } from '@treadle/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, SECRET, startBench } from './support/bench.ts'
import { type Case, loadCases } from './support/case.ts'
import { checkCase } from './support/check-case.ts'
import { createLimit } from './support/limit.ts'
import { type Played, playCase } from './support/play-case.ts'
import { RUNTIME_WORKERS } from './support/workers.ts'

/** So many cases of a language are played at the same time: most of them only wait. */
const AT_ONCE = 12

const cases = loadCases()
const runtimes = Object.keys(RUNTIME_WORKERS) as Runtime[]
const results = new Map<string, Promise<Played>>()
let bench: Bench | undefined

beforeAll(async () => {
  bench = await startBench(RUNTIME_WORKERS)
  for (const runtime of runtimes) playAll(bench, runtime)
})

afterAll(async () => {
  await Promise.allSettled(results.values())
  await bench?.stop()
})

/** Those that meddle with the worker come last, one after the other. */
function playAll(on: Bench, runtime: Runtime): void {
  const limit = createLimit(AT_ONCE)
  const keep = (one: Case, result: Promise<Played>) => {
    result.catch(() => {}) // Its test hears of it.
    results.set(`${runtime} ${one.case}`, result)
    return result
  }
  const together = cases
    .filter(({ alone }) => !alone)
    .map((one) =>
      keep(
        one,
        limit(() => playCase(on, one, runtime)),
      ),
    )
  let before: Promise<unknown> = Promise.allSettled(together)
  for (const one of cases.filter(({ alone }) => alone)) {
    before = keep(
      one,
      before.then(() => playCase(on, one, runtime)),
    ).catch(() => {})
  }
}

describe.each(runtimes)('the %s worker', (runtime) => {
  test.each(cases.map((one) => [one.case, one] as const))('%s', async (name, one) => {
    const result = results.get(`${runtime} ${name}`)
    if (!result) throw new Error('The case was not played.')
    checkCase(one, await result)
  })

  test('logs no secret', async () => {
    await Promise.allSettled(results.values())
    const log = await readFile(bench?.workerOf(runtime).logFile ?? '', 'utf8')
    expect(log).toContain('polling')
    expect(log).not.toContain(SECRET)
  })
})

test('there are at least sixty cases', () => expect(cases.length).toBeGreaterThanOrEqual(60))
