import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Runtime } from '@treadle/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLimit } from '../support/limit.ts'
import { type Bench, SECRET, startBench } from './support/bench.ts'
import { type Case, loadCases } from './support/case.ts'
import { checkCase } from './support/check-case.ts'
import { type Played, playCase } from './support/play-case.ts'
import { RUNTIME_WORKERS } from './support/workers.ts'

/** So many cases of a language are played at the same time: most of them only wait. */
const AT_ONCE = 12

/** So long a case may take: then it says where it stands. */
const CASE_MS_MAX = 45_000
/** So long a test may wait for its case, which is played beside and after others. */
const TURN_MS_MAX = 300_000

/** All cases, or those whose names hold TREADLE_CONFORMANCE_CASES. */
const cases = loadCases().filter(({ case: name }) => name.includes(process.env.TREADLE_CONFORMANCE_CASES ?? ''))
/** All languages, or those that TREADLE_CONFORMANCE names. */
const chosen = process.env.TREADLE_CONFORMANCE?.split(',')
const workers = Object.fromEntries(
  Object.entries(RUNTIME_WORKERS).filter(([runtime]) => chosen === undefined || chosen.includes(runtime)),
)
const runtimes = Object.keys(workers) as Runtime[]
const { statements: STATEMENTS } = JSON.parse(
  readFileSync(new URL('../../schemas/statements.json', import.meta.url), 'utf8'),
) as { statements: Record<string, { text: string }> }
const results = new Map<string, Promise<Played>>()
let bench: Bench | undefined

beforeAll(async () => {
  bench = await startBench(workers)
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
        limit(() => playInTime(on, one, runtime)),
      ),
    )
  let before: Promise<unknown> = Promise.allSettled(together)
  for (const one of cases.filter(({ alone }) => alone)) {
    before = keep(
      one,
      before.then(() => playInTime(on, one, runtime)),
    ).catch(() => {})
  }
}

async function playInTime(on: Bench, one: Case, runtime: Runtime): Promise<Played> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const say = () => reject(new Error(`It was not over after ${CASE_MS_MAX / 1000} s.`))
    timer = setTimeout(say, CASE_MS_MAX)
  })
  return Promise.race([playCase(on, one, runtime), late]).finally(() => clearTimeout(timer))
}

describe.each(runtimes)('the %s worker', { timeout: TURN_MS_MAX }, (runtime) => {
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

  // Some are heard only where all cases are played.
  test.runIf(cases.length === loadCases().length)('sends each of the shared statements, word for word', async () => {
    await Promise.allSettled(results.values())
    const sent = bench?.workerOf(runtime).statements ?? new Set()
    const shared = Object.values(STATEMENTS).map(({ text }) => text)
    expect(shared.filter((text) => !sent.has(text))).toEqual([])
    // The TypeScript worker has more to do: it hosts workflows and keeps house.
    const others = [...sent].filter((text) => /treadle\./.test(text) && !shared.includes(text))
    if (runtime !== 'typescript') expect(others).toEqual([])
  })
})

test('there are at least sixty cases', () => expect(loadCases().length).toBeGreaterThanOrEqual(60))
