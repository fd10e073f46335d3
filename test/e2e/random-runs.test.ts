import { answerByPath, arbitraryDocument, type TestDocument } from '@treadle/interpreter/testing'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { evaluateBody, ModelError } from '../model/evaluate.ts'
import { overcalled, replayFaults } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'
import { toIr } from './support/to-ir.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const SEED = 20_261_126
const TIMEOUT_MS = FULL ? 1_200_000 : 120_000

const stack = useStack()
const client = () => createClient(stack().url)
/** Runs of this file, whose histories are replayed in the end. */
const runs: string[] = []
/** How often the tool was called, by run and path. */
const calls = new Map<string, number>()
/** The first call of each path is turned away. */
let failsOnce = false

beforeAll(() => {
  stack().tools.when({ path: '/call' }, ({ headers }) => {
    const key = String(headers['idempotency-key'])
    const count = (calls.get(key) ?? 0) + 1
    calls.set(key, count)
    if (failsOnce && count === 1) return { status: 503 }
    const answer = answerByPath(key.slice(key.indexOf('/') + 1))
    return typeof answer === 'object' && 'output' in answer ? { json: answer.output } : { status: 403 }
  })
})

/** Any document whose tools are always caught: which of several failures comes first is then no matter. */
const anyDocument = arbitraryDocument({ catchAll: true })
const anyInput = fc.record({ n: fc.nat({ max: 4 }) })
/** So many runs at the same time: they wait, most of the time. */
const AT_ONCE = FULL ? 6 : 2
const options = (numRuns: number) => ({ numRuns: numRuns / AT_ONCE, seed: SEED, endOnFailure: !FULL })
const together = <T>(cases: fc.Arbitrary<T>) => fc.array(cases, { minLength: AT_ONCE, maxLength: AT_ONCE })

test(
  'a random document gives what the plain evaluator gives, with segments and without',
  () =>
    fc.assert(
      fc.asyncProperty(together(fc.tuple(anyDocument, anyInput, fc.constantFrom('auto', 'never'))), (cases) =>
        eachOf(cases, async ([document, input, fuse]) => {
          const { events, outcome } = await run(document, input, { fuse })
          expect(outcome).toEqual(expected(document, input))
          expectCalls(events, 1)
        }),
      ),
      options(FULL ? 300 : 12),
    ),
  TIMEOUT_MS,
)

test(
  'the same when every call fails once',
  async () => {
    failsOnce = true
    await fc.assert(
      fc.asyncProperty(together(fc.tuple(anyDocument, anyInput)), (cases) =>
        eachOf(cases, async ([document, input]) => {
          const { events, outcome } = await run(document, input)
          expect(outcome).toEqual(expected(document, input))
          expectCalls(events, 2)
        }),
      ),
      options(FULL ? 150 : 6),
    )
    failsOnce = false
  },
  TIMEOUT_MS,
)

test(
  'the same when the worker is killed at any event',
  () =>
    fc.assert(
      fc.asyncProperty(together(fc.tuple(anyDocument, anyInput, fc.double({ min: 0, max: 1, noNaN: true }))), (cases) =>
        eachOf(cases, async ([document, input, at]) => {
          const length = (await run(document, input)).events.length
          const killAt = 1 + Math.floor(at * (length - 1))
          const { events, outcome } = await run(document, input, { killAt })
          expect(outcome).toEqual(expected(document, input))
          expectCalls(events)
        }),
      ),
      options(FULL ? 60 : 4),
    ),
  TIMEOUT_MS,
)

test(
  'the histories of all these runs are replayed to the same commands',
  async () => {
    expect(await replayFaults(stack(), runs)).toEqual([])
    expect(runs.length).toBeGreaterThan(10)
  },
  TIMEOUT_MS,
)

async function eachOf<T>(cases: readonly T[], check: (each: T) => Promise<void>): Promise<void> {
  await Promise.all(cases.map(check))
}

type RunOptions = { fuse?: string; killAt?: number }

async function run(document: TestDocument, input: object, { fuse = 'auto', killAt }: RunOptions = {}) {
  const ir = toIr(document, { url: `${stack().tools.url}/call`, fuse })
  const { id } = await client().start({ ir, input })
  if (killAt !== undefined) await killWorkerAt(id, killAt)
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  runs.push(id)
  const { status, output, error } = await client().result(id)
  return { events, outcome: status === 'completed' ? { output } : { error: error?.type } }
}

/** One kill after the other, each by the run whose turn it is; the runs beside it are hit where they happen to be. */
let kills = Promise.resolve()

async function killWorkerAt(runId: string, seq: number): Promise<void> {
  for await (const event of client().follow(runId)) if (event.seq >= seq) break
  kills = kills.then(async () => {
    const [worker] = stack().workers
    await worker?.kill()
    await worker?.restart()
  })
  await kills
}

/** By the plain evaluator, which knows neither order nor retries. */
function expected(document: TestDocument, input: { n: number }) {
  try {
    const output = evaluateBody(document, '', { input, nodes: {} }, (path) => {
      const answer = answerByPath(path)
      if (typeof answer === 'object' && 'output' in answer) return answer.output
      throw new ModelError('auth', 'scripted')
    })
    return { output }
  } catch (error) {
    if (error instanceof ModelError) return { error: error.type }
    throw error
  }
}

/** `times`: just so often for each node that called it. */
function expectCalls(events: readonly StreamEvent[], times?: number): void {
  expect(overcalled(events, calls)).toEqual([])
  if (times === undefined) return
  const own = [...calls].filter(([key]) => key.startsWith(`${events[0]?.runId}/`))
  for (const call of own) expect(call).toEqual([call[0], times])
}
