import { Client, Connection } from '@temporalio/client'
import { workflowIdOf } from '@treadle/contract'
import { readHistory } from '@treadle/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FUNCTIONS, TOOLS } from '../segments/support.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf } from './support/client.ts'
import { documentOf, llm } from './support/nodes.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const COUNT = 1_000
const ITEMS = Array.from({ length: COUNT }, (_, index) => index)

const stack = useStack({ workerEnv: FUNCTIONS })
const client = () => createClient(stack().url)

let temporal: Client
beforeAll(async () => {
  temporal = new Client({ connection: await Connection.connect({ address: stack().temporalAddress }) })
})
afterAll(() => temporal?.connection.close())

const step = (value: string) => ({ kind: 'tool', tool: 'step', args: { value } })
const echo = (prompt: string) => llm(prompt, { outputSchema: { type: 'integer' } })

type Manner = [name: string, item: (value: string) => object, fuse: 'auto' | 'never']

const MODEL_CALLS: Manner = ['model calls', echo, 'auto']
const SHORT_STEPS: Manner = ['short steps', step, 'auto']
const MANNERS: Manner[] = [MODEL_CALLS, SHORT_STEPS, ['short steps that are activities', step, 'never']]

// Maps run their items side by side; of loops, one step after the other, all but the quickest are left to the full run.
test.each(FULL ? MANNERS : [MODEL_CALLS, SHORT_STEPS])(
  'a map of 1,000 %s finishes, with at most 12 events of history an item',
  { timeout: 300_000 },
  async (_name, item, fuse) => {
    const m = { kind: 'map', over: 'input', maxItems: COUNT, concurrency: 100, do: item('${item}') }
    const { events, id } = await play({ m }, fuse)
    expect(await client().result(id)).toMatchObject({ status: 'completed', output: { m: ITEMS } })
    expect(events.filter(({ type, node }) => type === 'node.completed' && node !== 'm')).toHaveLength(COUNT)
    const workflowId = workflowIdOf('default', id)
    await temporal.workflow.getHandle(workflowId).result()
    expect((await readHistory(temporal, workflowId)).length / COUNT).toBeLessThanOrEqual(12)
  },
)

test.each(FULL ? MANNERS : [SHORT_STEPS])(
  'a loop of 1,000 %s finishes',
  { timeout: 300_000 },
  async (_name, item, fuse) => {
    const l = { kind: 'loop', state: 0, max: COUNT, do: item('${state}'), next: '${result + 1}' }
    const { events, id } = await play({ l }, fuse)
    expect(await client().result(id)).toMatchObject({ status: 'completed', output: { l: COUNT } })
    expect(events.filter(({ type, node }) => type === 'node.completed' && node !== 'l')).toHaveLength(COUNT)
  },
)

/** Of models: they say what they are asked. */
async function play(nodes: object, fuse: string) {
  stack().model.when({}, ({ messages }) => [{ text: String(messages.at(-1)?.content) }])
  const { id } = await client().start({ ir: documentOf(nodes, { tools: TOOLS, execution: { fuse } }), input: ITEMS })
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  return { id, events }
}
