import { Client, Connection } from '@temporalio/client'
import { type PendingPage, type RunState, workflowIdOf } from '@treadle/contract'
import { answerForExamples, DEMO_SECRETS, DEMO_TOOLS_URL, sampleValue } from '@treadle/local'
import { EXAMPLES, inputOf, sample } from '@treadle/translator/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent } from './support/client.ts'

/** All events of each example with TREADLE_TEST_FULL=1; else a seeded sample. */
const SAMPLE = 2
const FULL = process.env.TREADLE_TEST_FULL === '1'

const stack = useStack({ workerEnv: DEMO_SECRETS })
const client = () => createClient(stack().url)

let temporal: Client
beforeAll(async () => {
  temporal = new Client({ connection: await Connection.connect({ address: stack().temporalAddress }) })
  await answerForExamples(stack().tools)
})
afterAll(() => temporal?.connection.close())

/** Those that need no workers of other languages. */
const HERE = EXAMPLES.filter(({ name }) => !['mixed-languages.yaml', 'first-run.yaml'].includes(name))

test.each(HERE)(
  '$name, cancelled at any of its events, ends as cancelled and leaves nothing running',
  async (example) => {
    const whole = await start(example)
    const events = await collect(answering(whole))
    expect(events.at(-1)?.type).toBe('run.completed')

    for (const { seq } of sample(events.slice(0, -1), SAMPLE)) {
      const id = await start(example)
      const accepted = await cancelAt(id, seq)
      const log = await collect(client().follow(id))
      expect([seq, faultsOf(log)]).toEqual([seq, []])
      expect([seq, beganAfter(log, accepted)]).toEqual([seq, []])
      // A run whose last node had ended when the cancel came may have completed.
      expect(log.at(-1)?.type).toMatch(isOver(log, accepted) ? /^run\.(cancelled|completed)$/ : /^run\.cancelled$/)
      await expectNothingRuns(id)
    }
  },
  FULL ? 900_000 : 120_000,
)

async function start({ name, text }: { name: string; text: string }): Promise<string> {
  const ir = text.replaceAll(DEMO_TOOLS_URL, stack().tools.url)
  return (await client().start({ ir, input: inputOf(name) })).id
}

/** The run's events; whoever is waited for answers with something that fits. */
async function* answering(id: string) {
  for await (const event of client().follow(id)) {
    yield event
    if (event.type === 'run.waiting') await answerAll(id)
  }
}

async function answerAll(id: string): Promise<void> {
  const { items } = (await (await client().get(`/runs/${id}/pending`)).json()) as PendingPage
  for (const { signal, node, schema } of items) {
    const payload = sampleValue((schema ?? {}) as never)
    await client().post(`/runs/${id}/signals/${signal}?node=${encodeURIComponent(node)}`, payload)
  }
}

/** Cancels as soon as that event is seen (asking twice changes nothing), and tells how far the log was when that was accepted. */
async function cancelAt(id: string, seq: number): Promise<number> {
  for await (const event of answering(id)) if (event.seq >= seq) break
  const answers = [await client().post(`/runs/${id}/cancel`, {}), await client().post(`/runs/${id}/cancel`, {})]
  for (const { status } of answers) expect([202, 409]).toContain(status)
  const { asOfSeq } = (await (await client().get(`/runs/${id}/state`)).json()) as RunState
  return asOfSeq
}

const isWorkers = ({ type, data }: StreamEvent) => type === 'node.started' && 'runtime' in (data as object)

/** What a worker was given, and completed, though the cancel had been accepted. */
function beganAfter(log: readonly StreamEvent[], accepted: number): unknown[] {
  const late = new Set(log.flatMap((event) => (isWorkers(event) && event.seq > accepted ? [event.node] : [])))
  return log.flatMap(({ type, node }) => (type === 'node.completed' && late.has(node) ? [node] : []))
}

/** No worker had anything left to do. */
const isOver = (log: readonly StreamEvent[], accepted: number) =>
  !log.some(({ type, seq }) => seq > accepted && type === 'node.cancelled') &&
  !log.some((event) => isWorkers(event) && event.seq > accepted)

async function expectNothingRuns(id: string): Promise<void> {
  const handle = temporal.workflow.getHandle(workflowIdOf('default', id))
  await handle.result().catch(() => {})
  const { raw } = await handle.describe()
  expect(raw.pendingActivities ?? []).toEqual([])
  const state = (await (await client().get(`/runs/${id}/state`)).json()) as {
    nodes: Record<string, { status: string }>
  }
  expect(Object.entries(state.nodes).filter(([, { status }]) => status === 'running' || status === 'retrying')).toEqual(
    [],
  )
}
