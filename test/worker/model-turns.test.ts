import { randomUUID } from 'node:crypto'
import { handlesIn, type Json, type ModelTurnWork, type RunRef } from '@treadle/contract'
import type { ModelScript } from '@treadle/local'
import { describe, expect, test } from 'vitest'
import { protocolFaults } from './support/chat-protocol.ts'
import { typesOf, useExecutor } from './support/executor-bench.ts'

const CANARY = 'canary-d41d8cd98f00b204'
const executor = useExecutor({ secrets: { TOKEN: CANARY } })

const LOOK = { name: 'look', description: 'Looks.', inputSchema: { type: 'object', required: ['q'] } }
const asks = (...calls: { id?: string; name: string; arguments: unknown; pieces?: number }[]): ModelScript =>
  calls.map((toolCall) => ({ toolCall }))

/** An agent of its own in a run of its own: `turn` asks its model, which gives `script`. */
async function converse() {
  const { newRun, attempt, model } = executor()
  const run = await newRun()
  const name = randomUUID()
  return {
    run,
    turn(turn: number, script: ModelScript, more: Partial<ModelTurnWork> = {}, task: object = {}) {
      model.when({ model: name }, script, { times: 1 })
      const first = turn === 0 ? { instructions: 'Be brief.', tools: [LOOK], input: 'Help' } : {}
      const own: ModelTurnWork = { kind: 'modelTurn', model: { provider: 'openai', model: name }, agent: 'a', turn }
      return attempt(run, { path: `a~${turn}.model`, work: { ...own, ...first, ...more }, ...task })
    },
    /** What the model was told last. */
    told: () => model.requests.findLast(({ body }) => (body as { model?: string }).model === name)?.body as Told,
  }
}
type Told = { messages: { role: string; content: string | null }[]; tools?: object[]; response_format?: object }

/** Has the tool call at `path` done, with this output. */
async function completeTool(run: RunRef, path: string, output: Json): Promise<void> {
  const name = `give.${randomUUID()}`
  executor().functions.register(name, {}, () => output)
  await executor().attempt(run, { path, work: { kind: 'function', tool: 'look', name, args: {} } })
}

describe('a turn', () => {
  test('tells the model its instructions, tools and input, and gives its tool calls', async () => {
    const { turn, told } = await converse()
    const outcome = await turn(0, [{ text: 'Let me look.' }, ...asks({ id: 'c1', name: 'look', arguments: { q: 1 } })])
    expect(outcome).toMatchObject({
      status: 'completed',
      output: { toolCalls: [{ id: 'c1', name: 'look', arguments: '{"q":1}' }] },
      usage: { llmCalls: 1 },
    })
    expect(told()).toMatchObject({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Help' },
      ],
      tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: LOOK.inputSchema } }],
    })
  })

  test('after it tells the whole conversation: results from their checkpoints, large ones loaded', async () => {
    const { run, turn, told } = await converse()
    await turn(0, [
      { text: 'Let me look.' },
      ...asks({ id: 'c1', name: 'look', arguments: { q: 1 } }, { id: 'c2', name: 'look', arguments: 'no json' }),
    ])
    const large = 'x'.repeat(20_000)
    await completeTool(run, 'a~0.tool[0]', { large })
    const refused = { error: { message: 'The arguments are not JSON.', type: 'invalid_request' } }
    const outcome = await turn(1, [{ text: 'Done.' }], {
      results: [
        { toolCallId: 'c1', path: 'a~0.tool[0]' },
        { toolCallId: 'c2', content: refused },
      ],
    })
    expect(outcome).toMatchObject({ status: 'completed', output: { output: 'Done.' } })
    const { messages, tools } = told()
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Help' },
      {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"q":1}' } },
          { id: 'c2', type: 'function', function: { name: 'look', arguments: 'no json' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c1', content: JSON.stringify({ large }) },
      { role: 'tool', tool_call_id: 'c2', content: JSON.stringify(refused) },
    ])
    expect(tools).toHaveLength(1)
    expect(protocolFaults(messages)).toEqual([])
  })

  test('streams its text and the arguments of its calls', async () => {
    const { run, turn } = await converse()
    await turn(0, [{ text: 'Hm.' }, ...asks({ id: 'c1', name: 'look', arguments: { q: 'long enough' }, pieces: 3 })])
    const deltas = (await executor().events(run)).filter(({ type }) => type === 'node.delta').map(({ data }) => data)
    expect(deltas[0]).toEqual({ text: 'Hm.', offset: 0 })
    const calls = deltas.slice(1) as { toolCall: { index: number; id?: string; name?: string; arguments?: string } }[]
    expect(calls[0]?.toolCall).toMatchObject({ index: 0, id: 'c1', name: 'look' })
    expect(calls.map(({ toolCall }) => toolCall.arguments ?? '').join('')).toBe('{"q":"long enough"}')
    expect(calls.length).toBeGreaterThan(2)
  })

  test('gives calls ids where the model gave none, or the same to all', async () => {
    const { turn, told } = await converse()
    const calls = asks(...['', 'x', 'x'].map((id) => ({ id, name: 'look', arguments: {} })))
    const outcome = await turn(0, calls)
    expect(outcome).toMatchObject({ output: { toolCalls: [{ id: 'call_0_0' }, { id: 'x' }, { id: 'call_0_2' }] } })
    await turn(1, [{ text: 'ok' }])
    expect(protocolFaults(told().messages)).toEqual([])
  })

  test('with instructions of its own is that of another speaker, from then on', async () => {
    const { turn, told } = await converse()
    await turn(0, asks({ id: 'c1', name: 'handoff_to_payer', arguments: {} }))
    const payer = { instructions: 'Pay.', tools: [{ name: 'pay' }] }
    await turn(1, asks({ id: 'c2', name: 'pay', arguments: {} }), {
      ...payer,
      results: [{ toolCallId: 'c1', content: { handedTo: 'payer' } }],
    })
    await turn(2, [{ text: 'Paid.' }], { results: [{ toolCallId: 'c2', content: 'ok' }] })
    expect(told().messages[0]).toEqual({ role: 'system', content: 'Pay.' })
    expect(told().tools).toMatchObject([{ function: { name: 'pay' } }])
    expect(
      told()
        .messages.map(({ role }) => role)
        .join(),
    ).toBe('system,user,assistant,tool,assistant,tool')
  })

  test('puts large arguments aside, so that the workflow stays small', async () => {
    const { turn, told } = await converse()
    const text = 'y'.repeat(15_000)
    const calls = asks(
      { id: 'c1', name: 'look', arguments: { text } },
      { id: 'c2', name: 'look', arguments: `not json ${text}` },
      { id: 'c3', name: 'look', arguments: { q: 1 } },
    )
    const outcome = await turn(0, calls)
    if (outcome.status !== 'completed') throw new Error(outcome.status)
    expect(outcome.output).toMatchObject({
      toolCalls: [
        { id: 'c1', arguments: '', args: { $blob: { size: expect.any(Number) } } },
        { id: 'c2', arguments: expect.stringMatching(/^not json y+…$/) },
        { id: 'c3', arguments: '{"q":1}' },
      ],
    })
    expect(handlesIn(outcome.output)).toHaveLength(1)
    expect(JSON.stringify(outcome.output).length).toBeLessThan(2_000)
    // The model is reminded of all that it wrote.
    await turn(1, [{ text: 'ok' }])
    expect(JSON.stringify(told().messages)).toContain(text)
    expect(protocolFaults(told().messages)).toEqual([])
  })
})

describe('a structured answer of an agent', () => {
  const outputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }

  test('is asked for in every turn, and is the value', async () => {
    const { turn, told } = await converse()
    const outcome = await turn(0, [{ text: '{"n":1}' }], {}, { outputSchema })
    expect(outcome).toMatchObject({ output: { output: { n: 1 } } })
    expect(told()).toHaveProperty('response_format')
  })

  test('that does not fit is told to the workflow, and to the model when it is asked again', async () => {
    const { turn, told } = await converse()
    const outcome = await turn(0, [{ text: '{"n":"one"}' }], {}, { outputSchema })
    expect(outcome).toMatchObject({ output: { misfit: expect.stringContaining('/n must be integer') } })
    const { misfit } = (outcome as unknown as { output: { misfit: string } }).output
    expect(await turn(1, [{ text: '{"n":1}' }], { repair: misfit }, { outputSchema })).toMatchObject({
      output: { output: { n: 1 } },
    })
    expect(told().messages.slice(-2)).toEqual([
      { role: 'assistant', content: '{"n":"one"}' },
      { role: 'user', content: expect.stringContaining(misfit) },
    ])
  })
})

describe('a conversation', () => {
  test('has a turn once, whose first attempt broke off in the middle of its tool call', async () => {
    const { run, turn, told } = await converse()
    const broken = await turn(0, [...asks({ id: 'lost', name: 'look', arguments: {} }), { cut: true }])
    expect(broken).toMatchObject({ status: 'retrying', error: { type: 'unavailable' } })
    await turn(0, asks({ id: 'c1', name: 'look', arguments: {} }))
    await turn(1, [{ text: 'ok' }], { results: [{ toolCallId: 'c1', content: 1 }] })
    expect(
      told()
        .messages.map(({ role }) => role)
        .join(),
    ).toBe('system,user,assistant,tool')
    expect(JSON.stringify(told())).not.toContain('lost')
    expect(typesOf((await executor().events(run)).filter(({ node }) => node === 'a~0.model'))).toEqual(
      expect.arrayContaining(['node.started 1', 'node.retrying 1', 'node.started 2', 'node.completed 2']),
    )
  })

  test('has nothing of an attempt that was cut off and comes back', async () => {
    const { turn, told } = await converse()
    const { model } = executor()
    const first = turn(0, [{ gate: 'fenced' }, ...asks({ id: 'late', name: 'look', arguments: {} })])
    await model.reached('fenced')
    expect(await turn(0, asks({ id: 'c1', name: 'look', arguments: {} }))).toMatchObject({ status: 'completed' })
    model.open('fenced')
    expect(await first).toMatchObject({ status: 'died' })
    await turn(1, [{ text: 'ok' }], { results: [{ toolCallId: 'c1', content: 1 }] })
    expect(JSON.stringify(told().messages)).not.toContain('late')
    expect(protocolFaults(told().messages)).toEqual([])
  })

  test('stays valid where calls were never answered: they read as cancelled', async () => {
    const { run, turn, told } = await converse()
    const calls = ['c1', 'c2', 'c3'].map((id) => ({ id, name: 'look', arguments: {} }))
    await turn(0, asks(...calls))
    await completeTool(run, 'a~0.tool[1]', 'found')
    // The agent was cut off while c1 ran and before c3 began; whoever goes on has one result.
    await turn(1, [{ text: 'ok' }], {
      results: [
        { toolCallId: 'c1', path: 'a~0.tool[0]' },
        { toolCallId: 'c2', path: 'a~0.tool[1]' },
      ],
    })
    expect(protocolFaults(told().messages)).toEqual([])
    expect(
      told()
        .messages.slice(3)
        .map(({ content }) => content),
    ).toEqual([
      '{"error":{"message":"The call was cancelled.","type":"cancelled"}}',
      'found',
      '{"error":{"message":"The call was cancelled.","type":"cancelled"}}',
    ])
  })

  test('has no secret in it, nor has the stream, in whatever pieces the model says it', async () => {
    const { run, turn } = await converse()
    const apiKey = { provider: 'openai' as const, model: 'x', apiKey: { secret: 'TOKEN' } }
    executor().model.when({ model: 'x' }, [
      { text: `It is ${CANARY}.` },
      ...asks({ id: 'c1', name: 'look', arguments: { q: CANARY }, pieces: 12 }),
    ])
    const outcome = await turn(0, [], { model: apiKey })
    expect(outcome).toMatchObject({ output: { toolCalls: [{ arguments: '{"q":"[secret TOKEN]"}' }] } })
    const stored = await executor().transcripts.read({ run, agent: 'a', turn: 1 }, [], new AbortController().signal)
    const log = await executor().events(run)
    const shown = log.flatMap(({ data }) => (data as { toolCall?: { arguments?: string } }).toolCall?.arguments ?? [])
    expect(shown.join('')).toBe('{"q":"[secret TOKEN]"}')
    expect(JSON.stringify([outcome, stored, log])).not.toContain(CANARY)
  })
})

describe('a failing model', () => {
  test.each([
    ['HTTP 429 with Retry-After', [{ error: { status: 429, retryAfter: 7 } }], { type: 'rate_limited' }, 7000],
    ['HTTP 503', [{ error: { status: 503 } }], { type: 'overloaded' }, expect.any(Number)],
    [
      'a stream cut in a tool call',
      [...asks({ name: 'look', arguments: {} }), { cut: true as const }],
      { type: 'unavailable' },
      expect.any(Number),
    ],
    [
      'an error inside of the stream',
      [{ text: 'Half' }, { error: { status: 500 } }],
      { type: 'unavailable' },
      expect.any(Number),
    ],
  ])('%s is tried again, as of an llm node', async (_how, script, error, delayMs) => {
    const { turn } = await converse()
    expect(await turn(0, script)).toMatchObject({ status: 'retrying', error, delayMs })
  })

  test.each([
    ['a refusal', [{ refusal: 'I will not.' }], 'refused'],
    [
      'an answer cut off at its limit',
      [...asks({ name: 'look', arguments: {} }), { finish: 'length' as const }],
      'invalid_output',
    ],
    ['HTTP 401', [{ error: { status: 401 } }], 'auth'],
  ])('%s is not', async (_how, script, type) => {
    const { turn } = await converse()
    expect(await turn(0, script)).toMatchObject({ status: 'failed', error: { type } })
  })

  test('is asked nothing when the turn is cancelled, and its request ends', async () => {
    const { newRun, attempt, model } = executor()
    const run = await newRun()
    model.when({ model: 'hanging' }, [{ text: 'Once' }, { hang: true }])
    const work: ModelTurnWork = {
      kind: 'modelTurn',
      model: { provider: 'openai', model: 'hanging' },
      agent: 'a',
      turn: 0,
      instructions: '',
      tools: [],
    }
    const outcome = await attempt(run, { path: 'a~0.model', work }, (stop) => {
      void executor()
        .logged(run, 'node.delta')
        .then(() => stop.now('cancelled'))
    })
    expect(outcome).toMatchObject({ status: 'cancelled' })
    const request = model.requests.findLast(({ body }) => (body as { model?: string }).model === 'hanging')
    expect(await request?.ended).toBe('aborted')
  })
})
