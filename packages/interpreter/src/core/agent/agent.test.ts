import { expect, test } from 'vitest'
import { check } from '../../testing/check.ts'
import { planOf } from '../../testing/plan-of.ts'
import { play } from '../../testing/play.ts'

const call = (id: string, name: string, args: unknown = {}) => ({ id, name, arguments: JSON.stringify(args) })
const asks = (...toolCalls: ReturnType<typeof call>[]) => ({ output: { toolCalls } })
const says = (output: unknown) => ({ output: { output } }) as { output: { output: string } }
const tools = {
  look: {
    kind: 'function',
    name: 'look',
    runtime: 'typescript',
    description: 'Looks.',
    inputSchema: { type: 'object', required: ['q'] },
  },
  pay: { kind: 'function', name: 'pay', runtime: 'go' },
} as const
const agent = {
  kind: 'agent',
  instructions: 'Be ${input}.',
  input: 'Help',
  tools: ['look', 'pay'],
  maxTurns: 4,
} as const

test('an agent asks its model, calls the tools of a turn in parallel, and gives its answer', () =>
  check(
    { tools, nodes: { a: agent }, output: '${nodes.a}' },
    { answers: { 'a~0.model': asks(call('1', 'look', { q: 1 }), call('2', 'pay')), 'a~1.model': says('done') } },
    `+ a
     + a~0.model
     - a~0.model = {"toolCalls":[{"id":"1","name":"look","arguments":"{\\"q\\":1}"},{"id":"2","name":"pay","arguments":"{}"}]}
     + a~0.tool[0]
     - a~0.tool[0] = "a~0.tool[0]"
     + a~0.tool[1]
     - a~0.tool[1] = "a~0.tool[1]"
     + a~1.model
     - a~1.model = {"output":"done"}
     - a = "done"
     = "done"`,
  ))

test('the model is given the input once, then only what has come since the turn before, tool results by reference', async () => {
  const { requests } = await play(planOf({ tools, nodes: { a: agent } }), {
    input: 'kind',
    answers: {
      'a~0.model': asks(call('1', 'look', { q: 1 }), call('2', 'nobody'), call('3', 'look')),
      'a~1.model': says('done'),
    },
  })
  const [first, tool, second] = requests
  expect(first?.work).toEqual({
    kind: 'modelTurn',
    model: { provider: 'openai', model: 'm' },
    agent: 'a',
    turn: 0,
    instructions: 'Be kind.',
    input: 'Help',
    tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object', required: ['q'] } }, { name: 'pay' }],
  })
  expect(tool).toMatchObject({
    path: 'a~0.tool[0]',
    byReference: true,
    catches: ['*'],
    work: { kind: 'function', args: { q: 1 } },
  })
  expect(second?.work).toMatchObject({
    turn: 1,
    results: [
      { toolCallId: '1', path: 'a~0.tool[0]' },
      { toolCallId: '2', content: { error: { type: 'invalid_request', message: 'There is no tool `nobody`.' } } },
      { toolCallId: '3', content: { error: { type: 'invalid_request' } } },
    ],
  })
  expect(second?.work).not.toHaveProperty('input')
  // The conversation has who speaks already.
  expect(second?.work).not.toHaveProperty('instructions')
  expect(second?.work).not.toHaveProperty('tools')
})

test('an agent without input has its instructions alone', async () => {
  const { requests } = await play(planOf({ tools, nodes: { a: { ...agent, input: '${null}' } } }), {
    answers: { 'a~0.model': says('done') },
  })
  expect(requests[0]?.work).not.toHaveProperty('input')
})

test('its model is called by the worker of its runtime', async () => {
  const { requests } = await play(planOf({ tools, nodes: { a: { ...agent, runtime: 'python' } } }), {
    answers: { 'a~0.model': says('done') },
  })
  expect(requests[0]?.runtime).toBe('python')
})

test.each([
  ['that are no JSON', '{"q":', 'not JSON'],
  ['that are a list', '[1]', 'not a JSON object'],
  ['with a key that is reserved', '{"q":{"$blob":{"sha256":"f","size":1}}}', '"$blob" at /q'],
  ['with an integer that would be rounded', '{"q":12345678901234567890}', '12345678901234567890'],
])('arguments %s are told to the model, and nothing is called', async (_what, text, message) => {
  const { requests } = await play(planOf({ tools, nodes: { a: agent } }), {
    answers: { 'a~0.model': asks({ id: '1', name: 'look', arguments: text }), 'a~1.model': says('sorry') },
  })
  expect(requests.map(({ path }) => path)).toEqual(['a~0.model', 'a~1.model'])
  expect(requests[1]?.work).toMatchObject({
    results: [{ content: { error: { type: 'invalid_request', message: expect.stringContaining(message) } } }],
  })
})

test('large arguments, put aside by the worker, are passed on', async () => {
  const args = { $blob: { sha256: 'a'.repeat(64), size: 20_000 } }
  const { requests } = await play(planOf({ tools, nodes: { a: agent } }), {
    answers: {
      'a~0.model': { output: { toolCalls: [{ id: '1', name: 'pay', arguments: '', args }] } } as never,
      'a~1.model': says('done'),
    },
  })
  expect(requests[1]?.work).toMatchObject({ kind: 'function', args })
})

test.each([
  ['docs.search', true],
  ['docs.wipe', false],
  ['docs', false],
  ['other.search', false],
  ['look.search', false],
])('of an MCP server with a filter, %s is offered: %s', async (name, offered) => {
  const docs = { kind: 'mcp', server: 'https://docs.example.com/mcp', tools: ['search'] } as const
  const other = { kind: 'mcp', server: 'https://other.example.com/mcp' } as const
  const document = { tools: { ...tools, docs, other }, nodes: { a: { ...agent, tools: ['look', 'docs'] } } }
  const { requests } = await play(planOf(document as never), {
    answers: { 'a~0.model': asks(call('1', name)), 'a~1.model': says('done') },
  })
  expect(requests.map(({ path }) => path)).toEqual(['a~0.model', ...(offered ? ['a~0.tool[0]'] : []), 'a~1.model'])
})

test('a tool that fails is told to the model; what can never be caught fails the agent', async () => {
  const answers = { 'a~0.model': asks(call('1', 'pay')), 'a~1.model': says('sorry') }
  const { requests, result, log } = await play(planOf({ tools, nodes: { a: agent } }), {
    answers: { ...answers, 'a~0.tool[0]': { error: { type: 'tool_error' } } },
  })
  expect(result).toEqual({ output: { a: 'sorry' } })
  expect(requests[2]?.work).toMatchObject({
    results: [{ toolCallId: '1', content: { error: { type: 'tool_error', message: 'scripted' } } }],
  })
  expect(log.filter((line) => line.includes('.tool['))).toEqual([
    'node.started a~0.tool[0]',
    'node.failed a~0.tool[0] tool_error caught',
    'node.completed a~0.tool[0] = {"error":{"type":"tool_error","message":"scripted"}}',
  ])

  const spent = await play(planOf({ tools, nodes: { a: agent } }), {
    answers: { ...answers, 'a~0.tool[0]': { error: { type: 'budget_exceeded' } } },
  })
  expect(spent.result).toEqual({ error: 'budget_exceeded', node: 'a~0.tool[0]' })
})

test('a call that a person has to approve waits for the signal; a refused one tells the model why', async () => {
  const document = { tools, nodes: { a: { ...agent, approve: ['pay'] } } }
  const answers = { 'a~0.model': asks(call('1', 'pay', { sum: 5 })), 'a~1.model': says('done') }
  await check(
    document,
    { answers, signals: { 'a~0.tool[0].approve': { ok: true } } },
    `+ a
     + a~0.model
     - a~0.model = {"toolCalls":[{"id":"1","name":"pay","arguments":"{\\"sum\\":5}"}]}
     + a~0.tool[0].approve
     - a~0.tool[0].approve = {"ok":true}
     + a~0.tool[0]
     - a~0.tool[0] = "a~0.tool[0]"
     + a~1.model
     - a~1.model = {"output":"done"}
     - a = "done"
     = {"a":"done"}`,
  )
  const refused = await play(planOf(document), {
    answers,
    signals: { 'a~0.tool[0].approve': { ok: false, reason: 'Too much.' } },
  })
  expect(refused.requests.map(({ path }) => path)).toEqual(['a~0.model', 'a~1.model'])
  expect(refused.requests[1]?.work).toMatchObject({
    results: [{ toolCallId: '1', content: { error: { type: 'refused', message: 'Too much.' } } }],
  })
})

test('a handoff passes the conversation to another agent, with its model, instructions and tools', async () => {
  const handoffs = [
    { name: 'payer', description: 'Pays.', model: 'big', instructions: 'Pay.', tools: ['pay'], handoffs: ['teller'] },
    { name: 'teller', instructions: 'Tell.' },
  ]
  const models = { fast: { provider: 'openai', model: 'm' }, big: { provider: 'openai', model: 'b' } } as const
  const { requests, result } = await play(planOf({ tools, models, nodes: { a: { ...agent, handoffs } } }), {
    answers: {
      'a~0.model': asks(call('1', 'handoff_to_payer')),
      'a~1.model': asks(call('2', 'handoff_to_teller')),
      'a~2.model': says('told'),
    },
  })
  expect(result).toEqual({ output: { a: 'told' } })
  expect(
    requests.map(
      ({ work }) =>
        work.kind === 'modelTurn' && [work.model.model, work.instructions, work.tools?.map(({ name }) => name)],
    ),
  ).toEqual([
    ['m', 'Be null.', ['look', 'pay', 'handoff_to_payer', 'handoff_to_teller']],
    ['b', 'Pay.', ['pay', 'handoff_to_teller']],
    ['m', 'Tell.', []],
  ])
  expect(requests[1]?.work).toMatchObject({ results: [{ toolCallId: '1', content: { handedTo: 'payer' } }] })
})

test('of two handoffs in a turn the first is taken, and the model is told', async () => {
  const handoffs = ['payer', 'teller'].map((name) => ({ name, instructions: name }))
  const { requests } = await play(planOf({ tools, nodes: { a: { ...agent, handoffs } } }), {
    answers: {
      'a~0.model': asks(call('1', 'handoff_to_teller'), call('2', 'handoff_to_payer')),
      'a~1.model': says('told'),
    },
  })
  expect(requests[1]?.work).toMatchObject({
    instructions: 'teller',
    results: [{ content: { handedTo: 'teller' } }, { content: { error: { type: 'refused' } } }],
  })
})

test('an answer that does not fit gets one repair turn, then it is invalid_output', async () => {
  const misfit = { output: { misfit: 'no `n`' } }
  const plan = planOf({ nodes: { a: { ...agent, tools: [] } } })
  const mended = await play(plan, { answers: { 'a~0.model': misfit, 'a~1.model': says('ok') } })
  expect(mended.result).toEqual({ output: { a: 'ok' } })
  expect(mended.requests[1]?.work).toMatchObject({ repair: 'no `n`' })
  const hopeless = await play(plan, { answers: { 'a~0.model': misfit, 'a~1.model': misfit } })
  expect(hopeless.result).toEqual({ error: 'invalid_output', node: 'a' })
})

test('the repair is asked for beside maxTurns, and once in the whole conversation', async () => {
  const misfit = { output: { misfit: 'no `n`' } }
  const once = planOf({ tools, nodes: { a: { ...agent, maxTurns: 1 } } })
  const mended = await play(once, { answers: { 'a~0.model': misfit, 'a~1.model': says('ok') } })
  expect(mended.result).toEqual({ output: { a: 'ok' } })

  const plan = planOf({ tools, nodes: { a: agent } })
  const again = await play(plan, {
    answers: { 'a~0.model': misfit, 'a~1.model': asks(call('1', 'pay')), 'a~2.model': misfit },
  })
  expect(again.result).toEqual({ error: 'invalid_output', node: 'a' })
  const endless = await play(plan, {
    answers: (path) =>
      path === 'a~0.model' ? misfit : path.endsWith('model') ? asks(call('1', 'pay')) : { output: 1 },
  })
  expect(endless.result).toEqual({ error: 'limit_reached', node: 'a' })
  expect(endless.requests.filter(({ path }) => path.endsWith('model'))).toHaveLength(5)
})

test('an agent that does not come to an end fails with limit_reached', async () => {
  const { result, requests } = await play(planOf({ tools, nodes: { a: { ...agent, maxTurns: 2 } } }), {
    answers: (path) => (path.endsWith('model') ? asks(call('1', 'pay')) : { output: 1 }),
  })
  expect(result).toEqual({ error: 'limit_reached', node: 'a' })
  expect(requests).toHaveLength(4)
})

test('cancelling in the middle of a turn cancels its open tool calls', () =>
  check(
    { tools, nodes: { a: agent } },
    {
      answers: { 'a~0.model': asks(call('1', 'pay'), call('2', 'look', { q: 1 })), 'a~0.tool[0]': 'hangs' },
      cancelAt: 'a~0.tool[1]',
    },
    `+ a
     + a~0.model
     - a~0.model = {"toolCalls":[{"id":"1","name":"pay","arguments":"{}"},{"id":"2","name":"look","arguments":"{\\"q\\":1}"}]}
     + a~0.tool[0]
     x a~0.tool[0]
     x a
     = !cancelled a`,
  ))
