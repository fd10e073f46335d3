import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, type Run, startEngine } from './support/engine.ts'

// With the server's own limits: what is large has to continue as new by itself.
let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

const FULL = process.env.TREADLE_TEST_FULL === '1'
const COUNT = FULL ? 1_000 : 200

test(`a map of ${COUNT} items finishes, with at most 12 events of history an item`, async () => {
  const plan = planOf({
    nodes: { m: { kind: 'map', over: 'input', concurrency: 100, do: { kind: 'llm', prompt: '${item}' } } },
  })
  const run = await engine.start(plan, {
    input: Array.from({ length: COUNT }, (_, i) => i),
    work: ({ path }) => `${path} ${'x'.repeat(500)}`,
  })
  const { m } = (await run.handle.result()) as { m: string[] }
  expect(m).toHaveLength(COUNT)
  expect((await historyEvents(run)) / COUNT).toBeLessThanOrEqual(12)
}, 300_000)

test(`a loop of ${COUNT} iterations finishes`, async () => {
  const plan = planOf({
    nodes: { l: { kind: 'loop', state: 0, max: COUNT, do: { kind: 'llm' }, next: '${state + 1}' } },
  })
  const run = await engine.start(plan)
  expect(await run.handle.result()).toEqual({ l: COUNT })
}, 300_000)

/** Over all parts of a run that continued as new. */
async function historyEvents({ id }: Run): Promise<number> {
  let events = 0
  for await (const { historyLength } of engine.client.workflow.list({ query: `WorkflowId = "default:${id}"` }))
    events += historyLength
  return events
}
