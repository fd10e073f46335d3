import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { type Bounds, type Run, workflowIdOf } from '@treadle/contract'
import { translate } from '@treadle/translator'
import { randomDocument, randomInput } from '@treadle/translator/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'

const functions = fileURLToPath(new URL('./support/functions.mjs', import.meta.url))
const stack = useStack({ workerEnv: { TREADLE_FUNCTIONS: functions } })

let temporal: Client
beforeAll(async () => {
  temporal = new Client({ connection: await Connection.connect({ address: stack().temporalAddress }) })
  stack().model.when({}, [{ text: 'Yes.' }])
  stack().tools.when({}, { json: { tier: 'gold' } })
})
afterAll(() => temporal?.connection.close())

test(
  'a run on Temporal takes no more, and when it completes no less, than its document’s bounds say, its history included',
  () =>
    fc.assert(
      fc.asyncProperty(randomDocument, randomInput, async (document, input) => {
        const ir = { ...document, tools: localTools(document) }
        const { bounds } = translate(ir)
        expect(outside(bounds as Bounds, await measure(ir, input))).toEqual([])
      }),
      { numRuns: FULL ? 400 : 25, seed: 20_261_126, endOnFailure: true },
    ),
  FULL ? 900_000 : 120_000,
)

const localTools = ({ tools }: Record<string, unknown>) => ({
  ...(tools as object),
  call: { kind: 'http', url: `${stack().tools.url}/`, query: { v: '${args.v}' } },
})

type Taken = { status: string } & Record<(typeof COUNTED)[number], number>

const COUNTED = ['nodeRuns', 'llmCalls', 'toolCalls', 'historyEvents'] as const

async function measure(ir: object, input: object): Promise<Taken> {
  const client = createClient(stack().url)
  const { id } = await client.start({ ir, input })
  const paths = new Set<string>()
  for await (const { type, node } of client.follow(id))
    if (type === 'node.started' && node !== undefined) paths.add(node)
  const { status } = await client.result(id)
  const { usage } = (await (await client.get(`/runs/${id}`)).json()) as Run
  const workflow = temporal.workflow.getHandle(workflowIdOf('default', id))
  await workflow.result().catch(() => {}) // Its last event comes after the log's.
  const { historyLength } = await workflow.describe()
  const { llmCalls = 0, toolCalls = 0 } = usage
  return { status, nodeRuns: paths.size, llmCalls, toolCalls, historyEvents: historyLength }
}

/** The most holds for every run, the least for one that completes. */
const outside = (bounds: Bounds, taken: Taken): string[] =>
  COUNTED.filter((key) => {
    const { least, most } = bounds[key]
    return (taken.status === 'completed' && taken[key] < least) || (most !== null && taken[key] > most)
  }).map((key) => `${key}: ${taken[key]}, and not from ${bounds[key].least} to ${bounds[key].most}`)
