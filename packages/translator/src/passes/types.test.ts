import { expect, test } from 'vitest'
import { found, planOf, yaml } from '../testing/check.ts'

const INPUT =
  'inputSchema: { type: object, required: [n, list], properties: { n: { type: integer }, x: { type: number }, list: { type: array, maxItems: 9, items: { type: object, required: [id], properties: { id: { type: string } } } } }, additionalProperties: false }\n'
const of = (nodes: string) => found(yaml(`${INPUT}nodes:\n${nodes}`))

test('the output of a node that may be skipped has to be guarded, the whole of it may be passed on', () => {
  const skipped = '  a: { kind: set, when: input.n > 1, value: { b: 1 } }\n'
  expect(of(`${skipped}  c: { kind: set, value: "\${nodes.a.b}" }`)).toEqual(['maybe-missing /nodes/c/value'])
  expect(of(`${skipped}  c: { kind: set, value: "\${nodes.a}" }`)).toEqual([])
  expect(of(`${skipped}  c: { kind: set, value: "\${nodes.a.?b.orValue(0)}" }`)).toEqual([])
})

test('what a condition around says is known inside', () => {
  const skipped = '  a: { kind: set, when: input.n > 1, value: { b: 1 } }\n'
  expect(of(`${skipped}  c: { kind: set, when: nodes.a != null, value: "\${nodes.a.b}" }`)).toEqual([])
  expect(
    of(
      `${skipped}  c: { kind: switch, cases: [{ when: nodes.a == null, do: { kind: set, value: 0 } }], else: { kind: set, value: "\${nodes.a.b}" } }`,
    ),
  ).toEqual([])
  expect(
    of(
      `${skipped}  c: { kind: switch, cases: [{ when: nodes.a == null, do: { kind: set, value: "\${nodes.a.b}" } }] }`,
    ),
  ).toEqual(['maybe-missing /nodes/c/cases/0/do/value'])
})

test('a switch without else may give null', () => {
  const taken = '  a: { kind: switch, cases: [{ when: input.n > 1, do: { kind: set, value: { b: 1 } } }] }\n'
  expect(of(`${taken}  c: { kind: set, value: "\${nodes.a.b}" }`)).toEqual(['maybe-missing /nodes/c/value'])
})

test('a branch that only fails gives nothing to the type', () => {
  expect(
    of(
      '  a: { kind: switch, cases: [{ when: input.n > 1, do: { kind: set, value: { b: 1 } } }], else: { kind: fail, type: no, message: No } }\n  c: { kind: set, value: "${nodes.a.b}" }',
    ),
  ).toEqual([])
})

test('conditions are bools, lists are lists', () => {
  expect(of('  a: { kind: set, when: input.n, value: 1 }')).toEqual(['expression-type /nodes/a/when'])
  expect(of('  a: { kind: map, over: input.n, maxItems: 3, do: { kind: set, value: 1 } }')).toEqual([
    'expression-type /nodes/a/over',
  ])
})

test('items have the type of the list, index and iteration are integers', () => {
  expect(
    of('  a: { kind: map, over: input.list, do: { kind: set, value: "${item.id + string(index + 1)}" } }'),
  ).toEqual([])
  expect(of('  a: { kind: map, over: input.list, do: { kind: set, value: "${item.id + index}" } }')).toEqual([
    'expression-type /nodes/a/do/value',
  ])
})

test('the output of a map bounds a map over it', () => {
  expect(
    of(
      '  a: { kind: map, over: input.list, do: { kind: set, value: "${item.id}" } }\n  b: { kind: map, over: nodes.a, do: { kind: set, value: "${item}" } }',
    ),
  ).toEqual([])
})

test('the state of a loop is what state and next have in common', () => {
  const loop = (next: string, read: string) =>
    of(`  a: { kind: loop, max: 3, state: { n: 0, text: "" }, do: { kind: set, value: "${read}" }, next: ${next} }`)
  expect(loop('{ n: "${state.n + 1}", text: "${result}" }', '${state.text + string(state.n)}')).toEqual([])
  expect(loop('{ n: "${state.n + 1}", text: null }', '${state.text + string(state.n)}')).toEqual([
    'maybe-missing /nodes/a/do/value',
  ])
})

test('a state of a machine knows which others have run', () => {
  const machine = (read: string) =>
    of(
      `  m: { kind: machine, start: a, max: 5, states: { a: { do: { kind: set, value: { v: 1 } }, next: [{ to: b }] }, b: { do: { kind: set, value: "${read}" }, next: [{ when: result == 2, to: c }] }, c: { do: { kind: set, value: { w: 1 } }, next: [{ to: b }] } } }`,
    )
  expect(machine('${states.a.v}')).toEqual([])
  expect(machine('${states.?c.?w.orValue(0)}')).toEqual([])
  expect(machine('${states.a.w}').map((finding) => finding.split(' ')[0])).toEqual(['unknown-member'])
})

test('numbers of the schema are doubles, and the plan says where', () => {
  const plan = planOf(yaml(`${INPUT}nodes:\n  a: { kind: set, value: "\${default(input.x, 1.5) / 2.0}" }`))
  expect(plan.expressions[0]?.types).toBeDefined()
})

test('arguments are compared member by member', () => {
  const tools =
    'tools: { t: { kind: http, url: "https://example.com/", inputSchema: { type: object, required: [a], properties: { a: { type: object, required: [b], properties: { b: { type: string } }, additionalProperties: false } } } } }\n'
  const args = (text: string) => found(yaml(`${INPUT}${tools}nodes:\n  t: { kind: tool, tool: t, args: ${text} }`))
  expect(args('{ a: { b: "${input.n}" } }')).toEqual(['argument-mismatch /nodes/t/args/a/b'])
  expect(args('{ a: { b: x, c: 1 } }')).toEqual(['argument-mismatch /nodes/t/args/a/c'])
  expect(args('{ a: {} }')).toEqual(['argument-mismatch /nodes/t/args/a'])
  expect(args('{ a: { b: "n is ${input.n}" } }')).toEqual([])
})

test('in the request of a tool only args is in scope', () => {
  expect(
    found(
      yaml(
        'tools: { t: { kind: http, url: "https://example.com/${input.n}", query: { a: "${nodes.t}" } } }\nnodes:\n  t: { kind: tool, tool: t }',
      ),
    ),
  ).toEqual(['unknown-name /tools/t/url', 'unknown-name /tools/t/query/a'])
})

test('types that double with every node end at a bound', () => {
  const nodes: Record<string, unknown> = { n0: { kind: 'set', value: { a: 1 } } }
  for (let i = 1; i < 60; i++)
    nodes[`n${i}`] = { kind: 'set', value: { a: `\${nodes.n${i - 1}}`, b: `\${nodes.n${i - 1}}` } }
  expect(found({ ir: 'treadle/v1', name: 'test', nodes })).toEqual([])
})

test('loops inside of loops are not looked at twice for each level', () => {
  let inner: unknown = { kind: 'set', value: '${state}' }
  for (let i = 0; i < 28; i++) inner = { kind: 'loop', max: 2, state: 1, do: inner }
  expect(found({ ir: 'treadle/v1', name: 'test', nodes: { a: inner } })).toEqual([])
})
