import type { Json, JsonSchema, Plan } from '@treadle/contract'
import { type Answer, type PlayResult, play } from '@treadle/interpreter/testing'
import { sampleValue } from '@treadle/local'
import { translate } from '@treadle/translator'
import { EXAMPLES, inputOf, MODELS, type Mutation, sample, withSwappedTypes } from '@treadle/translator/testing'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

/** All of them with TREADLE_TEST_FULL=1; else a seeded sample of each example. */
const SAMPLE = 60

test.each(EXAMPLES)('$name, as it is, runs to its end with answers that fit', async ({ name, text }) => {
  expect(await run(parse(text), name)).toMatchObject({ output: expect.anything() })
})

test.each(EXAMPLES)(
  'what is accepted of $name after a value’s type was swapped does not fail by it',
  async (example) => {
    const accepted = sample(withSwappedTypes(parse(example.text)), SAMPLE).filter(
      ({ document }) => translate(document, { models: MODELS }).ok,
    )
    expect(accepted.length).toBeGreaterThan(0)
    const failed: string[] = []
    for (const { what, document } of accepted) {
      const result = await run(document, example.name)
      if (isOwnFault(result)) failed.push(`${what}: ${JSON.stringify(result)}`)
    }
    expect(failed).toEqual([])
  },
)

/** Errors that the world cannot cause when its answers fit: they come from the document, and had to be found before. */
const isOwnFault = (result: unknown): boolean =>
  typeof result === 'object' &&
  result !== null &&
  'error' in result &&
  ['invalid_request', 'invalid_output', 'internal'].includes(String(result.error))

async function run(document: Mutation['document'], name: string) {
  const { plan, diagnostics } = translate(document, { models: MODELS })
  if (!plan) throw new Error(JSON.stringify(diagnostics))
  return runPlan(plan, inputOf(name) as Json)
}

async function runPlan(plan: Plan, input: Json): Promise<PlayResult> {
  const payloads = plan.schemas.map((schema) => sampleValue(schema as never) as Json)
  const child = await childOutput(plan)
  const { result } = await play(plan, {
    input,
    answers: (_, request): Answer => ({
      output: request ? outputFor(request.outputSchema, request.work.kind) : child,
    }),
    signals: ({ fits }) => payloads.find((payload) => fits(payload)),
  })
  return result
}

/** What the one child gives that is waited for; no example has two that differ. */
async function childOutput({ nodes }: Plan): Promise<Json> {
  for (const node of nodes) {
    if (node.kind !== 'run' || node.mode !== 'wait' || !('plan' in node.workflow)) continue
    const { plan } = node.workflow
    const result = await runPlan(plan, sampleOf(plan, plan.inputSchema) as Json)
    if (typeof result === 'object' && 'output' in result) return result.output
  }
  return null
}

/** An agent's model answers at once, without calling tools. */
function outputFor(schema: JsonSchema | undefined, kind: string | undefined): Json {
  const value = schema === undefined ? 'a text' : (sampleValue(schema as never) as Json)
  return kind === 'modelTurn' ? { output: value } : value
}

const sampleOf = (plan: Plan, schema: number | undefined) =>
  schema === undefined ? {} : sampleValue((plan.schemas[schema] ?? true) as never)
