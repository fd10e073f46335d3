import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { protocolFaults } from '../worker/support/chat-protocol.ts'
import { agentDocument, answers, asks, inTemporal, toldTo } from './support/agents.ts'
import { collect, createClient, faultsOf, type StreamEvent, textOf, typesOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const stack = useStack()
const client = () => createClient(stack().url)
const newName = () => `agent-${randomUUID()}`

/** Starts the agent and gives its whole log. */
async function run(name: string, agent?: object, document?: object) {
  const { id } = await client().start({ ir: agentDocument(stack(), name, agent, document) })
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  return { id, events, result: await client().result(id), told: toldTo(stack().model, name) }
}

/** Without what the order of parallel calls leaves open. */
const nodeEvents = (events: readonly StreamEvent[]) =>
  typesOf(events.filter(({ type }) => type.startsWith('node.') && type !== 'node.delta'))

const pending = async (id: string) =>
  ((await (await client().get(`/runs/${id}/pending`)).json()) as { items: Pending[] }).items
type Pending = { node: string; signal: string; title?: string; detail?: unknown; schema?: object }

describe('an agent', () => {
  test('asks, calls the tools of a turn at the same time, and answers', async () => {
    const { model, tools } = stack()
    const name = newName()
    // Each waits for the other: one after the other they would never end.
    tools.when({ path: '/look', where: ({ query }) => query.q === 'a' }, { gate: `${name} a`, json: { found: 'A' } })
    tools.when({ path: '/look', where: ({ query }) => query.q === 'b' }, () => {
      tools.open(`${name} a`)
      return { json: { found: 'B' } }
    })
    answers(model, name, asks({ name: 'look', arguments: { q: 'a' } }, { name: 'look', arguments: { q: 'b' } }), [
      { text: 'A and ' },
      { text: 'B.' },
    ])
    const { events, result, told } = await run(name)
    expect(result).toMatchObject({ status: 'completed', output: 'A and B.' })
    expect(textOf(events, 'agent~1.model')).toBe('A and B.')
    expect(nodeEvents(events).filter((line) => !line.includes('.tool['))).toEqual([
      'node.started agent',
      'node.started agent~0.model',
      'node.completed agent~0.model',
      'node.started agent~1.model',
      'node.completed agent~1.model',
      'node.completed agent',
    ])
    expect(told[1]?.messages.slice(-2).map(({ content }) => content)).toEqual(['{"found":"A"}', '{"found":"B"}'])
    expect(told.flatMap(({ messages }) => protocolFaults(messages))).toEqual([])
    const streamed = events.flatMap(({ type, node, data }) =>
      type === 'node.delta' && node === 'agent~0.model'
        ? [(data as { toolCall: { index: number; arguments?: string } }).toolCall]
        : [],
    )
    const argumentsOf = (index: number) =>
      streamed
        .filter((piece) => piece.index === index)
        .map((piece) => piece.arguments ?? '')
        .join('')
    expect([argumentsOf(0), argumentsOf(1)]).toEqual(['{"q":"a"}', '{"q":"b"}'])
  })

  test('is told what was wrong with a call: no such tool, no JSON, a schema that it does not fit, a tool that failed', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when({ path: '/look', where: ({ query }) => query.q === 'broken' }, { status: 400, text: 'no' })
    answers(
      model,
      name,
      asks(
        { name: 'fly', arguments: {} },
        { name: 'look', arguments: '{"q":' },
        { name: 'look', arguments: { q: 7 } },
        { name: 'look', arguments: { q: 'broken' } },
      ),
      [{ text: 'Sorry.' }],
    )
    const { result, told } = await run(name)
    expect(result).toMatchObject({ output: 'Sorry.' })
    const contents = told[1]?.messages.filter(({ role }) => role === 'tool').map(({ content }) => content ?? '') ?? []
    const expected = ['There is no tool `fly`', 'not JSON', 'does not fit', 'HTTP 400']
    for (const [index, words] of expected.entries()) expect(contents[index]).toContain(words)
    expect(protocolFaults(told[1]?.messages ?? [])).toEqual([])
  })

  test('that does not come to an end fails with limit_reached, which can be caught', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when({ path: '/look', where: ({ query }) => query.q === name }, { json: 1 })
    model.when({ model: name }, asks({ name: 'look', arguments: { q: name } }))
    const { result, told } = await run(name, {
      maxTurns: 2,
      catch: [{ on: ['limit_reached'], do: { kind: 'set', value: '${error.type}' } }],
    })
    expect([result, told.length]).toMatchObject([{ status: 'completed', output: 'limit_reached' }, 2])
  })

  test('gets one repair for a structured answer that does not fit, then it fails with invalid_output', async () => {
    const { model } = stack()
    const outputSchema = { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } }
    const [mended, hopeless] = [newName(), newName()]
    answers(model, mended, [{ text: '{"n":"one"}' }], [{ text: '{"n":1}' }])
    answers(model, hopeless, [{ text: 'one' }], [{ text: 'two' }])
    expect((await run(mended, { outputSchema, maxTurns: 1 })).result).toMatchObject({ output: { n: 1 } })
    expect((await run(hopeless, { outputSchema })).result).toMatchObject({
      status: 'failed',
      error: { type: 'invalid_output' },
    })
  })

  test('hands the conversation over to another agent, and that one to a third', async () => {
    const { model } = stack()
    const name = newName()
    answers(
      model,
      name,
      asks({ name: 'handoff_to_payer', arguments: {} }),
      asks({ name: 'handoff_to_teller', arguments: {} }),
      [{ text: 'Told.' }],
    )
    const handoffs = {
      payer: { description: 'Pays.', instructions: 'You pay.', tools: ['pay'], handoffs: ['teller'] },
      teller: { description: 'Tells.', instructions: 'You tell.' },
    }
    const { result, told } = await run(name, { tools: ['look'], handoffs })
    expect(result).toMatchObject({ output: 'Told.' })
    expect(
      told.map(({ messages, tools: offered = [] }) => [
        messages[0]?.content,
        offered.map((each) => each.function.name),
      ]),
    ).toEqual([
      ['Be brief.', ['look', 'handoff_to_payer', 'handoff_to_teller']],
      ['You pay.', ['pay', 'handoff_to_teller']],
      ['You tell.', []],
    ])
    expect(told[2]?.messages.map(({ role }) => role).join()).toBe('system,user,assistant,tool,assistant,tool')
  })

  test('whose model fails in the middle is asked again, and nothing is said twice', async () => {
    const { model } = stack()
    const name = newName()
    answers(
      model,
      name,
      [{ error: { status: 429, retryAfter: 1 } }],
      [{ text: 'Ha' }, { cut: true }],
      [{ text: 'Whole.' }],
    )
    const { events, result } = await run(name)
    expect(result).toMatchObject({ output: 'Whole.' })
    expect(textOf(events, 'agent~0.model')).toBe('Whole.')
    expect(
      events
        .filter(({ type }) => type === 'node.retrying')
        .map(({ data }) => (data as { error: { type: string } }).error.type),
    ).toEqual(['rate_limited', 'unavailable'])
  })
})

describe('an approval', () => {
  const pays = (...sums: number[]) => asks(...sums.map((sum) => ({ name: 'pay', arguments: { sum } })))

  test('shows the call with its arguments, refuses an answer of another shape, and releases the call', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when(
      { path: '/pay', where: ({ body }) => (body as { sum: number }).sum === 41 },
      { json: { paid: 41 } },
      { times: 1 },
    )
    answers(model, name, pays(41), [{ text: 'Paid.' }])
    const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
    const before = await followUntil(client(), id, 'run.waiting')
    expect(await pending(id)).toMatchObject([
      {
        node: 'agent~0.tool[0].approve',
        signal: 'approve_pay',
        title: expect.stringContaining('pay'),
        detail: { sum: 41 },
        schema: { required: ['ok'] },
      },
    ])
    const wrong = await client().post(`/runs/${id}/signals/approve_pay`, { ok: 'sure' })
    expect([wrong.status, ((await wrong.json()) as { type: string }).type]).toEqual([422, '/problems/invalid-signal'])
    expect(await (await client().get(`/runs/${id}/events?after=${before.length}`)).json()).toMatchObject({ items: [] })
    expect(tools.requests.filter(({ path, body }) => path === '/pay' && (body as { sum: number }).sum === 41)).toEqual(
      [],
    )

    expect((await client().post(`/runs/${id}/signals/approve_pay`, { ok: true })).status).toBe(202)
    expect(await client().result(id)).toMatchObject({ status: 'completed', output: 'Paid.' })
    expect(toldTo(model, name)[1]?.messages.at(-1)?.content).toBe('{"paid":41}')
    expect(faultsOf(await collect(client().follow(id)))).toEqual([])
  })

  test('that is refused is told to the model, with the reason, and nothing is called', async () => {
    const { model, tools } = stack()
    const name = newName()
    answers(model, name, pays(42), [{ text: 'Then not.' }])
    const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
    await followUntil(client(), id, 'run.waiting')
    await client().post(`/runs/${id}/signals/approve_pay`, { ok: false, reason: 'Too much.' })
    expect(await client().result(id)).toMatchObject({ output: 'Then not.' })
    expect(toldTo(model, name)[1]?.messages.at(-1)?.content).toContain('Too much.')
    expect(tools.requests.filter(({ path, body }) => path === '/pay' && (body as { sum: number }).sum === 42)).toEqual(
      [],
    )
  })

  test('that comes before it is asked for is kept', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when({ path: '/pay', where: ({ body }) => (body as { sum: number }).sum === 43 }, { json: 'ok' })
    answers(model, name, [{ text: 'Hm' }, { gate: name }, ...pays(43)], [{ text: 'Paid.' }])
    const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
    await followUntil(client(), id, 'node.delta')
    expect((await client().post(`/runs/${id}/signals/approve_pay`, { ok: true })).status).toBe(202)
    model.open(name)
    expect(await client().result(id)).toMatchObject({ output: 'Paid.' })
  })

  test('shows arguments that are too large for the workflow whole, and so does the tool get them', async () => {
    const { model, tools } = stack()
    const name = newName()
    const note = 'n'.repeat(20_000)
    const isThis = ({ body }: { body: unknown }) => (body as { sum?: number } | undefined)?.sum === 44
    tools.when({ path: '/pay', where: isThis }, { json: 'paid' })
    answers(model, name, asks({ name: 'pay', arguments: { sum: 44, note } }), [{ text: 'Paid.' }])
    const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
    const events = await followUntil(client(), id, 'run.waiting')
    expect(JSON.stringify(events.filter(({ type }) => type === 'node.started'))).not.toContain(note)
    expect(await pending(id)).toMatchObject([{ detail: { sum: 44, note } }])
    await client().post(`/runs/${id}/signals/approve_pay`, { ok: true })
    expect(await client().result(id)).toMatchObject({ output: 'Paid.' })
    expect(tools.requests.find(isThis)?.body).toEqual({ sum: 44, note })
  })

  test('each of two at the same time gets its own answer, by path; the call that needs none does not wait', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when({ path: '/pay', where: ({ body }) => (body as { sum: number }).sum === 2 }, { json: 'two' })
    tools.when({ path: '/look', where: ({ query }) => query.q === name }, { json: 'seen' })
    answers(
      model,
      name,
      [...pays(1, 2), { toolCall: { id: 'c3', name: 'look', arguments: { q: name } } }],
      [{ text: 'Done.' }],
    )
    const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
    await followUntil(client(), id, 'run.waiting')
    expect((await pending(id)).map(({ node, detail }) => [node, detail])).toEqual([
      ['agent~0.tool[0].approve', { sum: 1 }],
      ['agent~0.tool[1].approve', { sum: 2 }],
    ])
    // The second first.
    const path = encodeURIComponent('agent~0.tool[1].approve')
    expect((await client().post(`/runs/${id}/signals/approve_pay?node=${path}`, { ok: true })).status).toBe(202)
    expect((await client().post(`/runs/${id}/signals/approve_pay`, { ok: false })).status).toBe(202)
    expect(await client().result(id)).toMatchObject({ output: 'Done.' })
    const [refused, two, seen] = (toldTo(model, name)[1]?.messages ?? []).slice(-3).map(({ content }) => content)
    expect([refused, two, seen]).toEqual([expect.stringContaining('refused'), 'two', 'seen'])
  })
})

describe('cut off', () => {
  test('in the middle of a turn by its timeout, it leaves a conversation that is valid, and the run goes on', async () => {
    const { model, tools } = stack()
    const name = newName()
    tools.when({ path: '/look', where: ({ query }) => query.q === `hang ${name}` }, { hang: true })
    tools.when({ path: '/look', where: ({ query }) => query.q === `quick ${name}` }, { json: 'quick' })
    const calls = [`hang ${name}`, `quick ${name}`].map((q) => ({ name: 'look', arguments: { q } }))
    answers(model, name, asks(...calls), [{ text: 'From the second.' }])
    const second = { kind: 'agent', model: 'smart', input: 'Go on', tools: ['look'], maxTurns: 2 }
    const { id, events, result, told } = await run(name, { timeout: '3s', catch: [{ on: ['timeout'], do: second }] })
    expect(result).toMatchObject({ status: 'completed', output: 'From the second.' })
    expect(nodeEvents(events)).toEqual(
      expect.arrayContaining(['node.cancelled agent~0.tool[0]', 'node.completed agent~0.tool[1]', 'node.failed agent']),
    )
    const request = tools.requests.find(({ query }) => query.q === `hang ${name}`)
    expect(await request?.ended).toBe('aborted')
    expect(told.flatMap(({ messages }) => protocolFaults(messages))).toEqual([])
    // Whoever goes on with the first one's conversation finds every call answered.
    const messages = await transcript(id, 'agent', 1)
    expect(protocolFaults(messages.map(toWire))).toEqual([])
    expect(JSON.stringify(messages)).toContain('"cancelled"')
  })

  test('by the death of its worker anywhere in a turn, it goes on', { timeout: 180_000 }, async () => {
    const { model, tools, workers } = stack()
    const stages = ['text', 'arguments', 'tool', 'approval', 'last'] as const
    const held = stages.map((stage) => ({ stage, name: newName() }))
    tools.when({ path: '/pay' }, { json: 'paid' })
    const started: { id: string; name: string; stage: string }[] = []
    for (const { stage, name } of held) {
      const q = `${stage} ${name}`
      tools.when(
        { path: '/look', where: ({ query }) => query.q === q },
        { ...(stage === 'tool' && { gate: name }), json: 'found' },
      )
      const first = asks({ name: 'look', arguments: { q } }, { name: 'pay', arguments: { sum: 5 } })
      const gate = { gate: name }
      // The attempt that dies is held; whoever comes after it is not.
      if (stage === 'text') answers(model, name, [{ text: 'Let me' }, gate, ...first])
      if (stage === 'arguments') answers(model, name, [...first, gate])
      answers(model, name, first)
      if (stage === 'last') answers(model, name, [{ text: 'Do' }, gate])
      model.when({ model: name }, [{ text: 'Done.' }])
      const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
      started.push({ id, name, stage })
      if (stage === 'last') {
        await followUntil(client(), id, 'run.waiting')
        await client().post(`/runs/${id}/signals/approve_pay`, { ok: true })
      }
    }
    for (const { id, name, stage } of started) {
      if (stage === 'approval') await followUntil(client(), id, 'run.waiting')
      else if (stage === 'tool') await tools.reached(name)
      else await model.reached(name)
    }
    await workers[0]?.kill()
    await workers[0]?.restart()
    for (const { id, name, stage } of started) {
      tools.open(name)
      if (stage !== 'last') {
        await expect.poll(async () => (await pending(id)).length, { timeout: 60_000 }).toBe(1)
        expect((await client().post(`/runs/${id}/signals/approve_pay`, { ok: true })).status).toBe(202)
      }
      expect([stage, await client().result(id)]).toMatchObject([stage, { status: 'completed', output: 'Done.' }])
      const events = await collect(client().follow(id))
      expect([stage, faultsOf(events)]).toEqual([stage, []])
      expect(events.filter(({ type }) => type === 'node.retrying').length).toBe(stage === 'approval' ? 0 : 1)
      const last = toldTo(model, name).at(-1)?.messages ?? []
      expect([stage, last.map(({ role }) => role).join()]).toEqual([stage, 'system,user,assistant,tool,tool'])
      expect(protocolFaults(last)).toEqual([])
    }
  })

  test('by a cancel at any of its events, it ends as cancelled, and leaves nothing running', {
    timeout: 300_000,
  }, async () => {
    const { model, tools } = stack()
    tools.when({ path: '/look' }, { json: 'found' })
    tools.when({ path: '/pay' }, { json: 'paid' })
    const approve = (id: string) => client().post(`/runs/${id}/signals/approve_pay`, { ok: true })
    const length = (await runAndCancelAt(Number.POSITIVE_INFINITY)).events.length
    for (let seq = 1; seq < length; seq += FULL ? 1 : 4) {
      const { id, isHeld, events } = await runAndCancelAt(seq)
      expect([seq, faultsOf(events)]).toEqual([seq, []])
      // Past the gate a run may be quicker than its cancel: then it has ended as it would have.
      const ends = isHeld ? ['run.cancelled'] : ['run.cancelled', 'run.completed']
      expect(ends).toContain(events.at(-1)?.type)
      expect([seq, (await inTemporal(stack(), id)).activities]).toEqual([seq, []])
      expect(protocolFaults((await transcript(id, 'agent', 1)).map(toWire))).toEqual([])
    }

    /** The run cannot end before it is cancelled, or has come past `seq`: its last answer waits at a gate. */
    async function runAndCancelAt(seq: number) {
      const name = newName()
      const first = asks({ name: 'look', arguments: { q: 'a' } }, { name: 'pay', arguments: { sum: 1 } })
      answers(model, name, first, [{ text: 'Do' }, { gate: name }, { text: 'ne.' }])
      const { id } = await client().start({ ir: agentDocument(stack(), name, { approve: ['pay'] }) })
      let isHeld = true
      for await (const event of client().follow(id)) {
        if (event.type === 'run.waiting') void approve(id)
        if (event.seq === seq) await client().post(`/runs/${id}/cancel`, { reason: `at ${seq}` })
        if (event.seq > seq || event.node !== 'agent~1.model' || event.type !== 'node.delta') continue
        isHeld &&= event.seq === seq
        model.open(name)
      }
      model.open(name)
      return { id, isHeld, events: await collect(client().follow(id)) }
    }
  })
})

test('a turn costs the same in Temporal, however long the conversation is', { timeout: 300_000 }, async () => {
  const { model, tools } = stack()
  const name = newName()
  const turns = 100
  const large = 'x'.repeat(10_000)
  tools.when({ path: '/look', where: ({ query }) => query.q === name }, { json: { large } })
  model.when({ model: name }, (request) => {
    const answered = request.messages.filter(({ role }) => role === 'tool').length
    return answered < turns
      ? asks({ name: 'look', arguments: { q: name }, id: `call_${answered}` })
      : [{ text: 'Done.' }]
  })
  const sizes: number[] = []
  const { id } = await client().start({ ir: agentDocument(stack(), name, { maxTurns: turns + 1 }) })
  for await (const event of client().follow(id)) {
    if (event.type === 'node.completed' && /^agent~\d*[05]\.model$/.test(event.node ?? '')) {
      sizes.push((await inTemporal(stack(), id)).historyBytes)
    }
  }
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: 'Done.' })
  expect(toldTo(model, name)).toHaveLength(turns + 1)
  expect(protocolFaults(toldTo(model, name).at(-1)?.messages ?? [])).toEqual([])
  const { historyBytes } = await inTemporal(stack(), id)
  const half = sizes[Math.floor(sizes.length / 2)] ?? 0
  const perTurn = {
    all: historyBytes / turns,
    secondHalf: (historyBytes - half) / (turns - 5 * Math.floor(sizes.length / 2)),
  }
  console.info(`history bytes a turn: ${Math.round(perTurn.all)}, in the second half ${Math.round(perTurn.secondHalf)}`)
  expect(perTurn.all).toBeLessThanOrEqual(4096)
  expect(perTurn.secondHalf).toBeLessThanOrEqual(4096)
})

/** What a model would be told in that turn, as the worker reads it. */
async function transcript(runId: string, agent: string, turn: number): Promise<Stored[]> {
  const database = new pg.Client({ connectionString: stack().database.workerUrl })
  await database.connect()
  try {
    const text = "select treadle.read_transcript('default', $1, $2, $3, '[]') as value"
    const { rows } = await database.query<{ value: { messages: Stored[] } }>(text, [runId, agent, turn])
    return rows[0]?.value.messages ?? []
  } finally {
    await database.end()
  }
}
type Stored = { role: string; content: unknown; toolCalls?: { id: string }[]; toolCallId?: string }

const toWire = ({ role, content, toolCalls, toolCallId }: Stored) => ({
  role,
  content: typeof content === 'string' ? content : JSON.stringify(content),
  ...(toolCalls && { tool_calls: toolCalls }),
  ...(toolCallId && { tool_call_id: toolCallId }),
})
