import type { Bounds, Json, Plan } from '@treadle/contract'
import { answerByPath, play } from '@treadle/interpreter/testing'
import { translate } from '@treadle/translator'
import { randomDocument, randomInput } from '@treadle/translator/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const FULL = process.env.TREADLE_TEST_FULL === '1'

type Counted = 'nodeRuns' | 'llmCalls' | 'toolCalls' | 'activities'

test(
  'what a run takes is never outside of the bounds that its document was given, for random documents and failures',
  () =>
    fc.assert(
      fc.asyncProperty(randomDocument, randomInput, fc.boolean(), async (document, input, fails) => {
        const { plan, bounds } = translate(document)
        const { result, taken } = await measure(plan as Plan, input, fails)
        for (const [key, value] of Object.entries(taken)) expectWithin(bounds as Bounds, key as Counted, value, result)
      }),
      { numRuns: FULL ? 10_000 : 300, seed: 20_261_126 },
    ),
  FULL ? 600_000 : undefined,
)

/** Runs the plan on the core, with a worker that answers at once; `fails`: about one path in five fails. */
async function measure(plan: Plan, input: Json, fails: boolean) {
  const { log, requests, result } = await play(plan, { input, ...(fails ? { answers: answerByPath } : {}) })
  const started = log.filter((line) => line.startsWith('node.started ')).map((line) => line.split(' ')[1])
  const ofKind = (...kinds: string[]) => requests.filter(({ work }) => kinds.includes(work.kind)).length
  const taken: Record<Counted, number> = {
    nodeRuns: new Set(started).size,
    llmCalls: ofKind('llm', 'modelTurn'),
    toolCalls: ofKind('http', 'mcp', 'function'),
    activities: requests.length,
  }
  return { result, taken }
}

/** The most holds for every run, the least for one that completes. */
function expectWithin(bounds: Bounds, key: Counted, value: number, result: unknown): void {
  const { least, most } = bounds[key]
  const isCompleted = typeof result === 'object' && result !== null && 'output' in result
  if (isCompleted) expect(value, `${key}, at least`).toBeGreaterThanOrEqual(least)
  if (most !== null) expect(value, `${key}, at most`).toBeLessThanOrEqual(most)
}
