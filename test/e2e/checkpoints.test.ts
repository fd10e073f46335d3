import type { CheckpointPage, CheckpointState, RunGraph } from '@treadle/contract'
import { expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, type StreamEvent } from './support/client.ts'
import { REVIEW } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const getJson = async <Body>(path: string) => (await (await client().get(path)).json()) as Body

const LARGE = 'x'.repeat(40_000)

/** A loop of three, a map of two, a large value, and a named point. */
const WORK = {
  ir: 'treadle/v1',
  name: 'work',
  inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
  nodes: {
    large: { kind: 'set', value: { text: '${input.text}', short: 'yes' } },
    here: { kind: 'checkpoint', name: 'after-large', after: ['large'] },
    count: { kind: 'loop', state: 0, max: 3, after: ['here'], do: { kind: 'set', value: '${state + 1}' } },
    items: {
      kind: 'map',
      over: '[1, 2]',
      maxItems: 2,
      after: ['count'],
      do: { nodes: { double: { kind: 'set', value: '${item * 2}' } } },
    },
    never: { kind: 'set', when: 'false', value: 1 },
  },
  output: '${nodes.items}',
}

/** The outputs by path that a reader of the log alone has after each of its events. */
function* statesOf(events: readonly StreamEvent[]): Generator<{ seq: number; outputs: Record<string, unknown> }> {
  const outputs: Record<string, unknown> = {}
  for (const { seq, type, node = '', data } of events) {
    if (type === 'node.completed' || type === 'node.reused') {
      const { output, ref } = data as { output?: unknown; ref?: unknown }
      outputs[node] = ref === undefined ? { output } : { ref }
    }
    yield { seq, outputs: { ...outputs } }
  }
}

test('the state at each event is what the log had said by then, large values by reference or whole', async () => {
  const { id } = await client().start({ ir: WORK, input: { text: LARGE } })
  const events = await collect(client().follow(id))
  expect(events.at(-1)?.type).toBe('run.completed')
  for (const { seq, outputs } of statesOf(events)) {
    const { nodes } = await getJson<CheckpointState>(`/runs/${id}/checkpoints/${seq}`)
    const withSeq = Object.entries(outputs).map(([path, shown]) => [
      path,
      { seq: expect.any(Number), ...(shown as object) },
    ])
    expect({ seq, nodes }).toEqual({ seq, nodes: Object.fromEntries(withSeq) })
  }

  const plain = await getJson<CheckpointState>(`/runs/${id}/checkpoints/${events.length}`)
  expect(plain.input).toEqual({ text: { $blob: { sha256: expect.any(String), size: LARGE.length + 2 } } })
  const resolved = await getJson<CheckpointState>(`/runs/${id}/checkpoints/${events.length}?resolve=true`)
  expect(resolved.input).toEqual({ text: LARGE })
  expect(resolved.nodes.large?.output).toEqual({ text: LARGE, short: 'yes' })
})

test('checkpoints come page by page, named where they have a name', async () => {
  const { id } = await client().start({ ir: WORK, input: { text: 'short' } })
  await client().result(id)
  const whole = await getJson<CheckpointPage>(`/runs/${id}/checkpoints`)
  expect(whole.items.find(({ node }) => node === 'here')).toMatchObject({ name: 'after-large' })
  expect(whole.items.map(({ seq }) => seq)).toEqual(whole.items.map(({ seq }) => seq).sort((a, b) => a - b))
  const paged: CheckpointPage['items'] = []
  for (let after = 0; ; ) {
    const page = await getJson<CheckpointPage>(`/runs/${id}/checkpoints?after=${after}&limit=3`)
    if (page.items.length === 0) break
    paged.push(...page.items)
    after = page.next
  }
  expect(paged).toEqual(whole.items)
})

test('the graph shows what is done, what waits and what is still to come', async () => {
  stack().model.enqueue([{ text: 'Dear Ada' }])
  const { id } = await client().start({ ir: REVIEW })
  await followUntil(client(), id, 'run.waiting')
  const statuses = async () => {
    const graph = await getJson<RunGraph>(`/runs/${id}/graph`)
    return Object.fromEntries(graph.nodes.map(({ id, status }) => [id, status]))
  }
  expect(await statuses()).toEqual({ draft: 'completed', approval: 'running' })
  await client().post(`/runs/${id}/signals/approve`, { ok: true })
  await client().result(id)
  expect(await statuses()).toEqual({ draft: 'completed', approval: 'completed' })

  const { id: worked } = await client().start({ ir: WORK, input: { text: 'short' } })
  await client().result(worked)
  const graph = await getJson<RunGraph>(`/runs/${worked}/graph`)
  const node = (pointer: string) => graph.nodes.find((each) => each.pointer === pointer)
  expect(node('/nodes/count/do')).toMatchObject({ id: '', status: 'completed', executions: { completed: 3 } })
  expect(node('/nodes/items/do/nodes/double')).toMatchObject({ executions: { completed: 2 } })
  expect(node('/nodes/never')).toMatchObject({ status: 'skipped' })
  const body = graph.bodies[node('/nodes/count/do')?.body ?? -1]
  expect(graph.nodes[body?.container ?? -1]?.id).toBe('count')
})

test('what is not there is not found: another run, an event that is still to come', async () => {
  const { id } = await client().start({ ir: WORK, input: { text: 'short' } })
  await client().result(id)
  for (const path of ['/runs/run_none/checkpoints', '/runs/run_none/checkpoints/1', '/runs/run_none/graph'])
    expect([path, (await client().get(path)).status]).toEqual([path, 404])
  expect((await client().get(`/runs/${id}/checkpoints/9999`)).status).toBe(404)
  expect((await client().get(`/runs/${id}/checkpoints/0`)).status).toBe(400)
})
