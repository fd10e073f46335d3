import { expect, test } from 'vitest'
import { check } from '../testing/check.ts'
import { planOf } from '../testing/plan-of.ts'
import { play } from '../testing/play.ts'

const set = (value: unknown) => ({ kind: 'set', value }) as const

test('a node starts as soon as what it refers to has completed', () =>
  check(
    { nodes: { b: { kind: 'llm', prompt: '${nodes.a}' }, a: { kind: 'llm' }, c: { kind: 'llm' } } },
    {},
    `+ a
     - a = "a"
     + c
     - c = "c"
     + b
     - b = "b"
     = {"a":"a","b":"b","c":"c"}`,
  ))

test('after adds an edge where there is no data', () =>
  check(
    { nodes: { a: { ...set(1), after: ['b'] }, b: set(2) } },
    {},
    `+ b
     - b = 2
     + a
     - a = 1
     = {"b":2,"a":1}`,
  ))

test('a false `when` skips the node: its output is null, and nobody else is skipped for it', () =>
  check(
    { nodes: { a: { ...set(1), when: 'input.go' }, b: set({ a: '${nodes.a}' }) } },
    { input: { go: false } },
    `0 a
     + b
     - b = {"a":null}
     = {"a":null,"b":{"a":null}}`,
  ))

test('a body gives its output; without one an object of all its nodes; a document that ends at once has no events', () =>
  Promise.all([
    check(
      { nodes: { a: set(1) }, output: { x: '${nodes.a}', y: 'n=${nodes.a}' } },
      {},
      '+ a\n- a = 1\n= {"x":1,"y":"n=1"}',
    ),
    check({ nodes: {} }, {}, '= {}'),
  ]))

test('a text holds strings as they stand and everything else as canonical JSON', () =>
  check(
    { nodes: { a: set('${input.text}|${input.list}|${input.nothing}') } },
    { input: { text: 'é"', list: [{ b: 1, a: 2 }], nothing: null } },
    '+ a\n- a = "é\\"|[{\\"a\\":2,\\"b\\":1}]|null"\n= {"a":"é\\"|[{\\"a\\":2,\\"b\\":1}]|null"}',
  ))

test('the innermost name wins, and an inner body reads what an outer one has', () =>
  check(
    {
      nodes: {
        outer: set('o'),
        list: {
          kind: 'map',
          over: '["x", "y"]',
          do: { nodes: { own: set('${nodes.outer}${item}${index}') }, output: '${nodes.own}' },
        },
      },
      output: '${nodes.list}',
    },
    {},
    `+ outer
     - outer = "o"
     + list
     + list[0].own
     + list[1].own
     - list[0].own = "ox0"
     - list[1].own = "oy1"
     - list = ["ox0","oy1"]
     = ["ox0","oy1"]`,
  ))

test('ids that JavaScript knows by themselves are ids like any other', () =>
  check(
    { nodes: { constructor: set(1), toString: set('${nodes.constructor}') } },
    {},
    '+ constructor\n- constructor = 1\n+ toString\n- toString = 1\n= {"constructor":1,"toString":1}',
  ))

test('a model call is given the rendered messages, the model with the node’s parameters over it, and the schema', async () => {
  const document = {
    models: { fast: { provider: 'openai', model: 'm', params: { temperature: 0, top_p: 1 }, maxOutputTokens: 9 } },
    nodes: {
      a: {
        kind: 'llm',
        prompt: 'Hi ${input.name}',
        params: { temperature: 1 },
        outputSchema: { type: 'string' },
        retry: { maxAttempts: 2 },
        timeoutMs: 5,
      },
    },
  } as const
  const { requests } = await play(planOf(document), { input: { name: 'Ada' } })
  expect(requests).toEqual([
    {
      path: 'a',
      work: {
        kind: 'llm',
        model: { provider: 'openai', model: 'm', params: { temperature: 1, top_p: 1 }, maxOutputTokens: 9 },
        messages: [{ role: 'user', content: 'Hi Ada' }],
      },
      runtime: 'typescript',
      retry: { maxAttempts: 2 },
      timeoutMs: 5,
      outputSchema: { type: 'string' },
    },
  ])
})

test('an http tool is given its request with the arguments in it, each one in the address percent-encoded', async () => {
  const document = {
    tools: {
      crm: {
        kind: 'http',
        method: 'POST',
        url: 'https://crm.example.com/c/${args.id}?x=1',
        query: { q: '${args.id}', n: null },
        headers: { 'x-id': 'id ${args.n}', authorization: { secret: 'TOKEN', prefix: 'Bearer ' } },
        body: { all: '${args}' },
        timeoutMs: 7,
        outputSchema: { type: 'object' },
      },
    },
    nodes: { a: { kind: 'tool', tool: 'crm', args: { id: '${input.id}', n: 1 } } },
  } as const
  const { requests } = await play(planOf(document), { input: { id: '../a b&' } })
  expect(requests[0]).toMatchObject({ runtime: 'typescript', timeoutMs: 7, outputSchema: { type: 'object' } })
  expect(requests[0]?.work).toEqual({
    kind: 'http',
    tool: 'crm',
    method: 'POST',
    url: 'https://crm.example.com/c/..%2Fa%20b%26?x=1',
    query: { q: '../a b&', n: null },
    headers: { 'x-id': 'id 1', authorization: { secret: 'TOKEN', prefix: 'Bearer ' } },
    body: { all: { id: '../a b&', n: 1 } },
    args: { id: '../a b&', n: 1 },
  })
})

test('a function tool runs where it is registered, and one tool of an MCP server is named after its entry', async () => {
  const document = {
    tools: {
      f: { kind: 'function', name: 'score', runtime: 'python' },
      docs: { kind: 'mcp', server: { url: 'http://127.0.0.1/mcp' } },
    },
    nodes: { a: { kind: 'tool', tool: 'f' }, b: { kind: 'tool', tool: 'docs.search' } },
  } as const
  const { requests } = await play(planOf(document))
  expect(requests.map(({ runtime, work }) => [runtime, work])).toEqual([
    ['python', { kind: 'function', tool: 'f', name: 'score', args: {} }],
    ['typescript', { kind: 'mcp', tool: 'search', server: { url: 'http://127.0.0.1/mcp' }, args: {} }],
  ])
})

test('arguments that do not fit the tool’s inputSchema are an invalid request, and the tool is not called', async () => {
  const inputSchema = { type: 'object', properties: { n: { type: 'integer' } } }
  const document = {
    tools: { f: { kind: 'function', name: 'f', runtime: 'typescript', inputSchema } },
    nodes: { a: { kind: 'tool', tool: 'f', args: { n: '${input}' } } },
  } as const
  await check(document, { input: 'x' }, '+ a\n! a invalid_request\n= !invalid_request a')
})
