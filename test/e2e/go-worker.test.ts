import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import { workflowIdOf } from '@treadle/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { encryptionKey } from '../support/encryption-key.ts'
import { goWorker } from '../support/language-workers.ts'
import type { Service } from '../support/service.ts'
import { useStack } from '../support/use-stack.ts'
import { agentDocument, answers, asks, docsTool, toldTo } from './support/agents.ts'
import { collect, createClient, faultsOf, type StreamEvent, textOf } from './support/client.ts'

/** The first build compiles what the worker is made of. */
const BUILD_MS_MAX = 600_000
const CANARY = 'canary-d41d8cd98f00b204'
const SALT = 'salt-of-the-summary-0001'

// What Temporal is given is encrypted here; test/conformance has it plain.
const stack = useStack({
  env: { TREADLE_ENCRYPTION_KEYS: encryptionKey('e2e', 7) },
  workerEnv: { TREADLE_SECRET_DOCS: CANARY },
})
const client = () => createClient(stack().url)

beforeAll(async () => {
  await startGo()
}, BUILD_MS_MAX)

async function startGo(): Promise<Service> {
  const folder = fileURLToPath(new URL('../../examples/go-tools', import.meta.url))
  return stack().startWorker({ TREADLE_SECRET_SUMMARY_SALT: SALT }, await goWorker(folder))
}

async function run(ir: object, { input = {}, ...more }: { input?: unknown; tags?: object } = {}) {
  const { id } = await client().start({ ir, input, ...more })
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  return { id, events, result: await client().result(id) }
}

const runtimesOf = (events: readonly StreamEvent[]) =>
  Object.fromEntries(
    events.flatMap(({ type, node, data }) =>
      type === 'node.started' ? [[node, (data as { runtime?: string }).runtime]] : [],
    ),
  )

const docs = (more: object = {}) => docsTool(stack(), more)

const pipeline = () => ({
  ir: 'treadle/v1',
  name: 'in-go',
  models: { fast: { provider: 'openai', model: 'scripted' } },
  tools: {
    look: { kind: 'http', method: 'GET', url: `${stack().tools.url}/scores` },
    rank: { kind: 'function', name: 'rank', runtime: 'go' },
  },
  nodes: {
    scores: { kind: 'tool', tool: 'look', runtime: 'go', args: {} },
    ranked: { kind: 'tool', tool: 'rank', args: { items: '${nodes.scores}' } },
    why: { kind: 'llm', model: 'fast', runtime: 'go', prompt: 'Why ${nodes.ranked.best.text}?' },
  },
  output: { best: '${nodes.ranked.best}', why: '${nodes.why}' },
})

describe('the Go worker', () => {
  test('executes an http call, a function of the example and a model call, whose tokens are seen as they come', async () => {
    const { model, tools } = stack()
    tools.when(
      { path: '/scores' },
      {
        json: [
          { text: 'plain', score: 0.2 },
          { text: 'bright', score: 0.75 },
        ],
      },
    )
    model.when({ prompt: 'Why bright?' }, [{ text: 'It shone' }, { gate: 'seen' }, { text: ' the most.' }])
    const { id } = await client().start({ ir: pipeline() })
    const events: StreamEvent[] = []
    for await (const event of client().follow(id)) {
      events.push(event)
      // The model says no more until the first half has been seen here.
      if (textOf(events, 'why') === 'It shone') model.open('seen')
    }
    expect(faultsOf(events)).toEqual([])
    expect(runtimesOf(events)).toEqual({ scores: 'go', ranked: 'go', why: 'go' })
    expect(await client().result(id)).toMatchObject({
      status: 'completed',
      output: { best: { text: 'bright', score: 0.75 }, why: 'It shone the most.' },
    })
  })

  test('fails a node with the type that its function names, which the document catches', async () => {
    const { nodes, ...document } = pipeline()
    const { result } = await run({
      ...document,
      nodes: {
        ranked: {
          ...nodes.ranked,
          args: { items: [] },
          catch: [{ on: ['nothing_to_rank'], do: { kind: 'set', value: '${error.message}' } }],
        },
      },
      output: '${nodes.ranked}',
    })
    expect(result).toMatchObject({ status: 'completed', output: 'There is no item to rank.' })
  })

  test('calls a tool of an MCP server, and its secret is seen by the server alone', async () => {
    const { mcp } = stack()
    const call = (tool: string) => ({
      ir: 'treadle/v1',
      name: 'mcp-in-go',
      tools: docs(),
      nodes: { found: { kind: 'tool', tool: `docs.${tool}`, runtime: 'go', args: { q: 'rooms' } } },
      output: '${nodes.found}',
    })
    let calls = 0
    mcp.serve([
      {
        name: 'search',
        answer: ({ q }, { headers }) => ({ structured: { q, sent: headers.authorization } as object }),
      },
      { name: 'texts', answer: { text: 'a room' } },
      { name: 'broken', answer: { isError: true, text: 'no such thing' } },
      { name: 'busy', answer: () => (++calls === 1 ? { status: 503 } : { text: 'now' }) },
    ])
    const { events, result } = await run(call('search'))
    expect(result).toMatchObject({ status: 'completed', output: { q: 'rooms', sent: 'Bearer [secret DOCS]' } })
    expect(runtimesOf(events)).toEqual({ found: 'go' })
    expect(mcp.calls.at(-1)?.request.headers.authorization).toBe(`Bearer ${CANARY}`)
    expect(JSON.stringify(events)).not.toContain(CANARY)
    expect((await run(call('texts'))).result).toMatchObject({ output: 'a room' })
    expect((await run(call('broken'))).result).toMatchObject({
      error: { type: 'tool_error', message: 'no such thing' },
    })
    expect((await run(call('busy'))).result).toMatchObject({ output: 'now' })
    expect((await run(call('nothing'))).result).toMatchObject({ status: 'failed', error: { type: 'invalid_request' } })
  })

  test('closes its connection to an MCP server that hangs, when the run is cancelled', async () => {
    const { mcp } = stack()
    mcp.serve([{ name: 'search', answer: { hang: true } }])
    const { id } = await client().start({
      ir: {
        ir: 'treadle/v1',
        name: 'mcp-in-go',
        tools: docs(),
        nodes: { found: { kind: 'tool', tool: 'docs.search', runtime: 'go', args: { q: 'never' } } },
      },
    })
    await expect.poll(() => mcp.calls.at(-1)?.args).toEqual({ q: 'never' })
    await client().post(`/runs/${id}/cancel`)
    expect(await client().result(id)).toMatchObject({ status: 'cancelled' })
    expect(await mcp.calls.at(-1)?.request.ended).toBe('aborted')
  })

  test('gives a kept result again, and asks the model once', async () => {
    const { model } = stack()
    model.when({ prompt: 'Once in Go?' }, [{ text: 'Once.' }], { times: 1 })
    const ir = {
      ir: 'treadle/v1',
      name: 'cached-in-go',
      models: { fast: { provider: 'openai', model: 'scripted' } },
      nodes: { said: { kind: 'llm', model: 'fast', runtime: 'go', prompt: 'Once in Go?', cache: { ttl: '1h' } } },
      output: '${nodes.said}',
    }
    for (const cached of [undefined, true]) {
      const { events, result } = await run(ir)
      expect(result).toMatchObject({ output: 'Once.' })
      const ended = events.find(({ type }) => type === 'node.completed')
      expect((ended?.data as { cached?: true } | undefined)?.cached).toBe(cached)
    }
  })

  test('stops a run at its limit of calls of models, before the call is made', async () => {
    const { model } = stack()
    model.when({ prompt: 'Limited in Go?' }, [{ error: { status: 503 } }])
    const retry = { maxAttempts: 3, initialInterval: '10ms' }
    const ask = { kind: 'llm', model: 'fast', runtime: 'go', prompt: 'Limited in Go?', retry }
    const { result } = await run({
      ir: 'treadle/v1',
      name: 'limited-in-go',
      models: { fast: { provider: 'openai', model: 'scripted' } },
      limits: { llmCalls: 1 },
      nodes: { asked: ask },
    })
    expect(result).toMatchObject({ status: 'failed', error: { type: 'budget_exceeded', node: 'asked' } })
    const asked = model.requests.filter(({ body }) => JSON.stringify(body).includes('Limited in Go?'))
    expect(asked).toHaveLength(1)
  })

  test('is the voice of an agent, which is offered its function and what an MCP server lists', async () => {
    const { mcp, model } = stack()
    mcp.serve([
      {
        name: 'search',
        description: 'Searches.',
        answer: ({ q }, { headers }) => ({ structured: { q, sent: headers.authorization } as object }),
      },
      { name: 'hidden', answer: { text: 'never' } },
    ])
    const name = 'agent-in-go'
    answers(
      model,
      name,
      asks(
        { name: 'docs__search', arguments: { q: 'rooms' } },
        { name: 'rank', arguments: { items: [{ text: 'a', score: 1 }] } },
        { name: 'docs__hidden', arguments: {} },
      ),
      [{ text: 'Two ' }, { text: 'rooms.' }],
    )
    const ir = agentDocument(
      stack(),
      name,
      { runtime: 'go', tools: ['rank', 'docs'] },
      {
        tools: {
          rank: { kind: 'function', name: 'rank', runtime: 'go' },
          ...docs({ tools: ['search'] }),
        },
      },
    )
    const { events, result } = await run(ir)
    expect(result).toMatchObject({ status: 'completed', output: 'Two rooms.' })
    const told = toldTo(model, name)
    expect(told[0]?.tools?.map(({ function: { name } }) => name)).toEqual(['rank', 'docs__search'])
    const [searched, ranked, unknown] = told[1]?.messages.slice(-3).map(({ content }) => content) ?? []
    expect(searched).toBe('{"q":"rooms","sent":"Bearer [secret DOCS]"}')
    expect(ranked).toBe('{"best":{"score":1,"text":"a"}}')
    expect(unknown).toContain('docs__hidden')
    expect(JSON.stringify(events)).not.toContain(CANARY)
    expect(runtimesOf(events)).toMatchObject({ 'agent~0.model': 'go', 'agent~1.model': 'go', 'agent~0.tool[1]': 'go' })
    expect(textOf(events, 'agent~1.model')).toBe('Two rooms.')
  })

  test('gives Temporal nothing but ciphertext, in results as in the details of failures', async () => {
    const { id, result } = await run({
      ...pipeline(),
      nodes: { ranked: { ...pipeline().nodes.ranked, args: { items: [] } } },
      output: null,
    })
    expect(result).toMatchObject({ error: { type: 'nothing_to_rank' } })
    const connection = await Connection.connect({ address: stack().temporalAddress })
    try {
      const { history } = await connection.workflowService.getWorkflowExecutionHistory({
        namespace: 'default',
        execution: { workflowId: workflowIdOf('default', id) },
      })
      const failures = (history?.events ?? []).flatMap((event) => event.activityTaskFailedEventAttributes ?? [])
      expect(failures.map(({ identity }) => identity)).toHaveLength(1)
      const payloads = failures.flatMap(({ failure }) => failure?.applicationFailureInfo?.details?.payloads ?? [])
      expect(payloads.map(({ metadata }) => Buffer.from(metadata?.encoding ?? []).toString())).toEqual([
        'binary/encrypted',
      ])
    } finally {
      await connection.close()
    }
  })

  test('shows the text and the progress of a function, and keeps its secret', async () => {
    const { events, result } = await run({
      ir: 'treadle/v1',
      name: 'summary-in-go',
      tools: { summarise: { kind: 'function', name: 'summarise', runtime: 'go' } },
      nodes: { summary: { kind: 'tool', tool: 'summarise', args: { texts: ['one two', 'three'] } } },
      output: '${nodes.summary}',
    })
    const seal = createHmac('sha256', SALT).update('one two\0three').digest('hex')
    expect(result).toMatchObject({ status: 'completed', output: { words: 3, seal } })
    expect(textOf(events, 'summary')).toBe('1 of 2\n2 of 2\n')
    const lines = events.filter(({ type }) => type === 'log').map(({ data }) => data)
    expect(lines).toEqual([
      { level: 'info', message: 'counted', fields: { progress: 0.5 } },
      { level: 'info', message: 'counted', fields: { progress: 1 } },
    ])
  })

  test('tells what it has registered, with the schemas of its types', async () => {
    const rows = await rowsOf<{ name: string }>(
      stack(),
      "select name, description, input_schema, output_schema from treadle.served_functions() where runtime = 'go' order by name",
    )
    expect(rows.map(({ name }) => name)).toEqual(['rank', 'summarise'])
    const item = { type: 'object', required: ['text', 'score'], additionalProperties: false }
    expect(rows[0]).toMatchObject({
      description: 'Finds the text with the best score.',
      input_schema: {
        properties: {
          items: {
            items: { ...item, properties: { score: { type: 'number', description: 'from 0, the worst, to 1' } } },
          },
        },
      },
      output_schema: { properties: { best: item } },
    })
  })
})
