import type { CheckpointPage, Run, RunState } from '@treadle/contract'
import { beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, type StreamEvent, typesOf } from './support/client.ts'
import { REVIEW } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()
const client = () => createClient(stack().url)
const getJson = async <Body>(path: string) => (await (await client().get(path)).json()) as Body
const log = (id: string) => collect(client().follow(id))

type Change = { from?: number | string; input?: unknown; outputs?: object; ir?: object }

/** Forks, waits for the end, and gives the new run with its log. */
async function fork(id: string, change: Change) {
  const answer = await client().post(`/runs/${id}/${change.from === undefined ? 'rerun' : 'fork'}`, change)
  const body = (await answer.json()) as Run
  if (answer.status !== 201) throw new Error(`Not forked: ${answer.status} ${JSON.stringify(body)}`)
  const result = await client().result(body.id)
  return { id: body.id, created: body, result, events: await log(body.id) }
}

async function refused(id: string, change: object) {
  const answer = await client().post(`/runs/${id}/fork`, change)
  const { type, errors } = (await answer.json()) as { type: string; errors?: { path: string; message: string }[] }
  return { status: answer.status, type, paths: (errors ?? []).map(({ path }) => path) }
}

async function seqOf(id: string, node: string): Promise<number> {
  const { items } = await getJson<CheckpointPage>(`/runs/${id}/checkpoints?limit=1000`)
  const found = items.find((each) => each.node === node)
  if (!found) throw new Error(`No checkpoint of ${node} among ${items.map((each) => each.node).join(' ')}.`)
  return found.seq
}

const reusedIn = (events: StreamEvent[]) => events.filter(({ type }) => type === 'node.reused').map(({ node }) => node)
const startedIn = (events: StreamEvent[]) =>
  events.filter(({ type }) => type === 'node.started').map(({ node }) => node)

const HEAD = { ir: 'treadle/v1', models: { fast: { provider: 'openai', model: 'scripted' } } }

/** Asks a model in a loop, then in a map, then once. */
const LAYERS = {
  ...HEAD,
  name: 'layers',
  inputSchema: { type: 'object', required: ['topic'], properties: { topic: { type: 'string' } } },
  nodes: {
    first: { kind: 'llm', model: 'fast', prompt: 'First of ${input.topic}' },
    rounds: {
      kind: 'loop',
      state: [],
      max: 3,
      after: ['first'],
      do: { nodes: { say: { kind: 'llm', model: 'fast', prompt: 'Round ${iteration}' } }, output: '${nodes.say}' },
      next: '${state + [result]}',
    },
    items: {
      kind: 'map',
      over: 'nodes.rounds',
      maxItems: 3,
      concurrency: 1,
      do: { kind: 'llm', model: 'fast', prompt: 'Item ${item}' },
    },
    last: { kind: 'llm', model: 'fast', prompt: 'Last of ${nodes.items} for ${input.topic}' },
  },
  output: ['${nodes.first}', '${nodes.rounds}', '${nodes.items}', '${nodes.last}'],
}

beforeAll(() => {
  stack().model.when(
    { where: ({ body }) => /"(First|Round|Item|Last) /.test(JSON.stringify(body)) },
    ({ messages }) => [{ text: `<${String(messages.at(-1)?.content).split(' of ')[0]}>` }],
  )
})

test('a fork takes over what was done up to any point, inside a loop and a map too, executes the rest, and changes nothing of the old run', async () => {
  const { id } = await client().start({ ir: LAYERS, input: { topic: 'x' }, tags: { team: 'a' } })
  const whole = await client().result(id)
  const [before, run] = [await log(id), await getJson<Run>(`/runs/${id}`)]

  for (const [point, taken] of [
    ['first', ['first']],
    ['rounds#0.say', ['first', 'rounds#0.say']],
    ['rounds#1.say', ['first', 'rounds#0.say', 'rounds#1.say']],
    ['rounds', ['first', 'rounds']],
    ['items[1]', ['first', 'rounds', 'items[0]', 'items[1]']],
    ['last', ['first', 'rounds', 'items', 'last']],
  ] as const) {
    const from = await seqOf(id, point)
    const asked = stack().model.requests.length
    const forked = await fork(id, { from })
    expect(forked.created).toMatchObject({
      status: 'pending',
      forkedFrom: { runId: id, seq: from },
      tags: { team: 'a' },
    })
    expect([point, reusedIn(forked.events)]).toEqual([point, taken])
    expect(startedIn(forked.events).filter((node) => (taken as readonly string[]).includes(node ?? ''))).toEqual([])
    expect(forked.result).toMatchObject({ status: 'completed', output: whole.output })
    expect(faultsOf(forked.events)).toEqual([])
    // Three rounds, three items, the first and the last: what was not taken over was asked, once.
    const models = taken.reduce((sum, path) => sum + (path === 'rounds' || path === 'items' ? 3 : 1), 0)
    expect([point, stack().model.requests.length - asked]).toEqual([point, 8 - models])
    expect((await getJson<Run>(`/runs/${forked.id}`)).usage.llmCalls).toBe(8 - models)
  }
  expect(await log(id)).toEqual(before)
  const { forks, ...after } = await getJson<Run>(`/runs/${id}`)
  expect(after).toEqual(run)
  expect(forks).toHaveLength(6)
  const listed = await getJson<{ items: Run[] }>(`/runs?forkedFrom=${id}`)
  expect(listed.items.map((each) => each.id)).toEqual(forks)
})

test('a fork takes a changed input, changed outputs, or a changed document', async () => {
  const { id } = await client().start({ ir: LAYERS, input: { topic: 'x' } })
  await client().result(id)
  const from = await seqOf(id, 'items')

  const input = await fork(id, { from, input: { topic: 'y' } })
  expect(stack().model.requests.at(-1)?.body).toMatchObject({
    messages: [{ content: expect.stringContaining('for y') }],
  })
  expect(reusedIn(input.events)).toEqual(['first', 'rounds', 'items'])

  // The map around the changed item is gone through again, with the other items taken over.
  const outputs = await fork(id, { from, outputs: { 'items[1]': 'mine' } })
  expect(reusedIn(outputs.events)).toEqual(['first', 'rounds', 'items[0]', 'items[2]', 'items[1]'])
  expect((outputs.result.output as unknown[])[2]).toEqual(['<Item <Round 0>>', 'mine', '<Item <Round 2>>'])

  const ir = {
    ...LAYERS,
    nodes: { ...LAYERS.nodes, more: { kind: 'set', value: '${nodes.last}!' } },
    output: '${nodes.more}',
  }
  const changed = await fork(id, { from, ir })
  expect(changed.result.output).toBe('<Last>!')
  expect(reusedIn(changed.events)).toEqual(['first', 'rounds', 'items'])
  const graph = await getJson<{ nodes: { id: string; status: string }[] }>(`/runs/${changed.id}/graph`)
  expect(
    Object.fromEntries(graph.nodes.filter((node) => node.id !== '').map((node) => [node.id, node.status])),
  ).toMatchObject({
    first: 'reused',
    last: 'completed',
    more: 'completed',
  })
})

test('what no longer fits is refused with each place, and no run is made', async () => {
  const { id } = await client().start({ ir: LAYERS, input: { topic: 'x' } })
  await client().result(id)
  const from = await seqOf(id, 'rounds#1.say')
  const { first, rounds, ...rest } = LAYERS.nodes
  const nodes = (changes: object) => ({ ...LAYERS, nodes: { first, rounds, ...rest, ...changes } })
  const count = async () => (await getJson<{ items: Run[] }>('/runs?limit=200')).items.length
  const runs = await count()

  expect(await refused(id, { from, ir: nodes({ first: { kind: 'set', value: 1 } }) })).toEqual({
    status: 422,
    type: '/problems/invalid-ir',
    paths: ['/ir/nodes/first'],
  })
  expect(await refused(id, { from, ir: nodes({ rounds: { ...rounds, max: 1 } }) })).toMatchObject({
    status: 422,
    paths: ['/ir'],
  })
  const schema = { type: 'object', properties: {} }
  expect(await refused(id, { from, ir: nodes({ first: { ...first, outputSchema: schema } }) })).toMatchObject({
    status: 422,
    paths: ['/ir/nodes/first/outputSchema'],
  })
  const { after: _, ...alone } = rounds
  const gone = { ...LAYERS, nodes: { rounds: alone, ...rest }, output: null }
  expect(await refused(id, { from, ir: gone })).toMatchObject({ status: 422, paths: ['/ir'] })
  expect(await refused(id, { from, ir: { ...LAYERS, inputSchema: { type: 'string' } } })).toMatchObject({ status: 422 })
  expect(await refused(id, { from, input: { topic: 1 } })).toMatchObject({ status: 422, paths: ['/input/topic'] })
  expect(await refused(id, { from, outputs: { nobody: 1 } })).toMatchObject({ status: 422, paths: ['/outputs/nobody'] })
  expect(await refused(id, { from, outputs: { first: { $blob: 1 } } })).toMatchObject({
    status: 422,
    paths: ['/outputs/first'],
  })
  expect(await refused(id, { from: 9_999 })).toMatchObject({ status: 404 })
  expect(await refused(id, { from: 'nowhere' })).toMatchObject({ status: 404 })
  expect(await refused('run_none', { from: 1 })).toMatchObject({ status: 404 })
  expect(await count()).toBe(runs)
})

test('a rerun executes what failed, and takes over the rest', async () => {
  const { tools } = stack()
  const CALLS = {
    ir: 'treadle/v1',
    name: 'calls',
    tools: {
      get: {
        kind: 'http',
        method: 'GET',
        url: `${tools.url}/\${args.what}`,
        inputSchema: { type: 'object', required: ['what'], properties: { what: { type: 'string' } } },
      },
    },
    nodes: {
      sound: { kind: 'tool', tool: 'get', args: { what: 'sound' } },
      broken: { kind: 'tool', tool: 'get', args: { what: 'broken' }, after: ['sound'] },
    },
  }
  tools.when({ path: '/sound' }, { json: 'sound' })
  tools.when({ path: '/broken' }, { status: 400, json: 'no' }, { times: 1 })
  tools.when({ path: '/broken' }, { json: 'mended' })
  const { id } = await client().start({ ir: CALLS })
  expect((await client().post(`/runs/${id}/rerun`)).status).toBe(409)
  expect((await client().result(id)).status).toBe('failed')

  const again = await fork(id, {})
  expect(again.result).toMatchObject({ status: 'completed', output: { sound: 'sound', broken: 'mended' } })
  expect(reusedIn(again.events)).toEqual(['sound'])
  expect(startedIn(again.events)).toEqual(['broken'])
})

test('a fork of a fork takes over what that one took over and what it did', async () => {
  const { id } = await client().start({ ir: LAYERS, input: { topic: 'x' } })
  await client().result(id)
  let at = { id, events: await log(id) }
  for (const point of ['first', 'rounds#0.say', 'rounds', 'items[0]', 'items[2]']) {
    const from = await seqOf(at.id, point)
    const forked = await fork(at.id, { from })
    expect((await getJson<Run>(`/runs/${forked.id}`)).forkedFrom).toEqual({ runId: at.id, seq: from })
    expect(reusedIn(forked.events)).toContain(point)
    expect(forked.result.status).toBe('completed')
    at = forked
  }
  expect(reusedIn(at.events)).toEqual(['first', 'rounds', 'items[0]', 'items[1]', 'items[2]'])
})

test('a fork goes on inside an agent’s turn, with what was said and done up to there', async () => {
  const { tools, model } = stack()
  tools.when({ path: '/look' }, { json: { found: 'a needle' } })
  model.when({ prompt: 'Find it' }, ({ messages }) => {
    const answers = messages.filter(({ role }) => role === 'tool').length
    if (answers < 2) return [{ toolCall: { name: 'look', arguments: { turn: answers } } }]
    return [{ text: `${answers} answers: ${JSON.stringify(messages.at(-1)?.content)}` }]
  })
  const ir = {
    ...HEAD,
    name: 'agent',
    tools: {
      look: {
        kind: 'http',
        method: 'GET',
        url: `${tools.url}/look`,
        inputSchema: { type: 'object', properties: { turn: { type: 'integer' } } },
      },
    },
    nodes: {
      helper: { kind: 'agent', model: 'fast', instructions: 'Look.', input: 'Find it', tools: ['look'], maxTurns: 5 },
    },
    output: '${nodes.helper}',
  }
  const { id } = await client().start({ ir })
  const whole = await client().result(id)
  expect(whole).toMatchObject({ status: 'completed', output: expect.stringContaining('2 answers') })
  const before = await log(id)
  for (const [point, asked, called] of [
    ['helper~0.model', 2, 2],
    ['helper~0.tool[0]', 2, 1],
    ['helper~1.model', 1, 1],
    ['helper~1.tool[0]', 1, 0],
    ['helper~2.model', 0, 0],
  ] as const) {
    const requests = { model: model.requests.length, tools: tools.requests.length }
    const forked = await fork(id, { from: await seqOf(id, point) })
    expect([point, forked.result]).toMatchObject([point, { status: 'completed', output: whole.output }])
    expect([point, model.requests.length - requests.model, tools.requests.length - requests.tools]).toEqual([
      point,
      asked,
      called,
    ])
    expect(faultsOf(forked.events)).toEqual([])
    // And from there once more: what the fork took over is its own.
    if (point === 'helper~1.model') {
      const again = await fork(forked.id, { from: await seqOf(forked.id, 'helper~0.tool[0]') })
      expect(again.result).toMatchObject({ status: 'completed', output: whole.output })
    }
  }
  expect(await log(id)).toEqual(before)
})

test('a run that still waits can be forked, before its wait and after it', async () => {
  stack().model.enqueue([{ text: 'Dear Ada' }])
  const { id } = await client().start({ ir: REVIEW })
  await followUntil(client(), id, 'run.waiting')
  const answer = await client().post(`/runs/${id}/fork`, { from: await seqOf(id, 'draft') })
  const forked = (await answer.json()) as Run
  expect(typesOf(await followUntil(client(), forked.id, 'run.waiting'))).toContain('node.reused draft')
  await client().post(`/runs/${forked.id}/signals/approve`, { ok: false })
  expect((await client().result(forked.id)).output).toEqual({ draft: 'Dear Ada', ok: false })
  expect((await getJson<Run>(`/runs/${id}`)).status).toBe('waiting')

  const after = await fork(forked.id, { from: await seqOf(forked.id, 'approval') })
  expect(reusedIn(after.events)).toEqual(['draft', 'approval'])
  expect(after.result.output).toEqual({ draft: 'Dear Ada', ok: false })
  await client().post(`/runs/${id}/signals/approve`, { ok: true })
  await client().result(id)
})

test('the same key makes one fork, and a checkpoint can be meant by its name', async () => {
  const POINT = {
    ir: 'treadle/v1',
    name: 'point',
    nodes: {
      a: { kind: 'set', value: 1 },
      here: { kind: 'checkpoint', name: 'mid', after: ['a'] },
      b: { kind: 'set', value: '${nodes.a + 1}', after: ['here'] },
    },
    output: '${nodes.b}',
  }
  const { id } = await client().start({ ir: POINT })
  await client().result(id)
  const post = () => client().post(`/runs/${id}/fork`, { from: 'mid', outputs: { a: 5 } }, { 'idempotency-key': 'one' })
  const [one, two] = [await post(), await post()]
  expect([one.status, two.status, two.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true'])
  const run = (await one.json()) as Run
  expect(await two.json()).toEqual(run)
  expect((await client().post(`/runs/${id}/fork`, { from: 1 }, { 'idempotency-key': 'one' })).status).toBe(422)
  expect((await client().result(run.id)).output).toBe(6)
  expect((await getJson<Run>(`/runs/${id}`)).forks).toEqual([run.id])
})

test('hundreds of outputs that are taken over pass Temporal, and the rest goes on from them', async () => {
  const ROWS = process.env.TREADLE_TEST_FULL === '1' ? 20 : 10
  const MANY = {
    ir: 'treadle/v1',
    name: 'many',
    inputSchema: { type: 'object', required: ['text'], properties: { text: { type: 'string' } } },
    nodes: {
      items: {
        kind: 'map',
        over: `[${Array.from({ length: ROWS }, (_, index) => index + 1)}].map(x, x)`,
        maxItems: ROWS,
        concurrency: ROWS,
        do: {
          kind: 'map',
          over: '[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30].map(x, x)',
          maxItems: 30,
          concurrency: 30,
          do: { kind: 'set', value: { n: '${item}', text: '${input.text}' } },
        },
      },
      person: { kind: 'receive', signal: 'go', after: ['items'] },
    },
    output: '${nodes.items.map(row, size(row))}',
  }
  const { id } = await client().start({ ir: MANY, input: { text: 'y'.repeat(12_000) } })
  await followUntil(client(), id, 'run.waiting')
  // The outermost output is given, so all inside of it is taken over; then one inside is given, so that all others are.
  const answer = await client().post(`/runs/${id}/fork`, {
    from: await seqOf(id, 'items'),
    outputs: {
      'items[0][0]': { n: 0, text: 'mine' },
      ...Object.fromEntries(Array.from({ length: ROWS - 1 }, (_, index) => [`items[${index + 1}][29]`, { n: 0 }])),
    },
  })
  const forked = (await answer.json()) as Run
  expect(answer.status).toBe(201)
  const events = await followUntil(client(), forked.id, 'run.waiting')
  expect(reusedIn(events)).toHaveLength(ROWS * 30)
  await client().post(`/runs/${forked.id}/signals/go`, {})
  expect((await client().result(forked.id)).output).toEqual(Array(ROWS).fill(30))
  const state = await getJson<RunState>(`/runs/${forked.id}/state`)
  expect(state.nodes['items[3][4]']).toMatchObject({ status: 'reused', output: { n: 5 } })
  await client().post(`/runs/${id}/cancel`)
})
