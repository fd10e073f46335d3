import { expect, test } from 'vitest'
import { found, yaml } from '../testing/check.ts'
import { translate } from '../translate.ts'

const NODE = '"nodes": { "a": { "kind": "set", "value": 1 } }'
const HEAD = '"ir": "treadle/v1", "name": "test"'

test('a text that begins with a brace is JSON, any other is YAML', () => {
  expect(found(`{ ${HEAD}, ${NODE} }`)).toEqual([])
  expect(found(`\ufeff{ ${HEAD}, ${NODE} }`)).toEqual([])
  expect(found(yaml('nodes:\n  a: { kind: set, value: 1 }'))).toEqual([])
})

test('the format that is given wins over what the text looks like', () => {
  expect(found(`{ ir: treadle/v1, name: test, nodes: { a: { kind: set, value: 1 } } }`, { format: 'yaml' })).toEqual([])
})

test('bytes that are not UTF-8 are refused', () => {
  expect(found(new Uint8Array([0x7b, 0xff, 0x7d]))).toEqual(['invalid-text '])
})

test('half of a surrogate pair is refused in keys and values', () => {
  expect(found(`{ ${HEAD}, "nodes": { "a": { "kind": "set", "value": { "\\udc00": 1 } } } }`)).toEqual([
    'invalid-text /nodes/a/value/\udc00',
  ])
})

test.each([
  ['{ "ir" }', 1, 8],
  ['{ "ir": "treadle/v1",\n  "name": tru }', 2, 11],
  ['{ "ir": [1, 2 }', 1, 15],
  ['{ "ir": "a\nb" }', 1, 11],
  ['{} {}', 1, 4],
  ['{ "a": 01 }', 1, 9],
])('JSON that breaks off is one finding with its place: %s', (text, line, column) => {
  const { diagnostics } = translate(text)
  expect(diagnostics.map(({ code, range }) => [code, range?.start])).toEqual([['syntax', { line, column }]])
})

test('integers beyond 2^53 - 1 are refused from the text, other numbers are not', () => {
  const of = (number: string) => found(`{ ${HEAD}, "nodes": { "a": { "kind": "set", "value": ${number} } } }`)
  expect(of('9007199254740991')).toEqual([])
  expect(of('-9007199254740993')).toEqual(['number-too-large /nodes/a/value'])
  expect(of('9007199254740992')).toEqual(['number-too-large /nodes/a/value'])
  expect(of('1e400')).toEqual(['number-too-large /nodes/a/value'])
  expect(of('1e20')).toEqual([])
  expect(found(yaml('nodes:\n  a: { kind: set, value: 0xFFFFFFFFFFFFFFFF }'))).toEqual([
    'number-too-large /nodes/a/value',
  ])
  expect(found(yaml('nodes:\n  a: { kind: set, value: .inf }'))).toEqual(['number-too-large /nodes/a/value'])
})

test('keys that stand twice are refused in JSON and in YAML, each with its place', () => {
  expect(found(`{ ${HEAD}, ${NODE}, "name": "again" }`)).toEqual(['duplicate-key /name'])
  expect(found(yaml('name: again\nnodes:\n  a: { kind: set, value: 1, value: 2 }'))).toEqual([
    'duplicate-key /name',
    'duplicate-key /nodes/a/value',
  ])
})

test('prototype keys reach no prototype', () => {
  expect(found(`{ ${HEAD}, "__proto__": { "x": 1 }, ${NODE} }`)).toContain('reserved-key /__proto__')
  expect(found(yaml('nodes:\n  a: { kind: set, value: { __proto__: { x: 1 } } }'))).toContain(
    'reserved-key /nodes/a/value/__proto__',
  )
  expect(({} as { x?: number }).x).toBeUndefined()
})

test('ids such as constructor and toString are ids like all others', () => {
  const document = yaml(
    'nodes:\n  constructor: { kind: set, value: 1 }\n  toString: { kind: set, value: "${nodes.constructor}" }',
  )
  expect(found(document)).toEqual([])
  expect(found(yaml('nodes:\n  a: { kind: set, value: "${nodes.hasOwnProperty}" }'))).toEqual([
    'unknown-node /nodes/a/value',
  ])
  expect(found(yaml('nodes:\n  a: { kind: llm, model: constructor, prompt: Hello }'))).toEqual([
    'unknown-model /nodes/a/model',
  ])
})

test('a billion laughs end in bounded time', () => {
  const lines = ['x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]']
  for (let i = 1; i < 10; i++)
    lines.push(
      `x-${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    )
  expect(translate(yaml(lines.join('\n'))).diagnostics.map(({ code }) => code)).toEqual(['too-many-aliases'])
})

test('what is nested without end is refused, however it is written', () => {
  for (const open of ['[', '{"a":', '- ', '{a: ']) {
    const codes = translate(open.repeat(20_000)).diagnostics.map(({ code }) => code)
    expect(codes.length).toBeGreaterThan(0)
    expect(['too-deep', 'syntax']).toContain(codes[0])
  }
  let value: unknown = 1
  for (let i = 0; i < 5000; i++) value = [value]
  expect(found({ ir: 'treadle/v1', name: 'test', nodes: { a: { kind: 'set', value } } })[0]).toMatch(/^too-deep/)
})

test('YAML 1.2: no is a text, and a date is one too', () => {
  const document = yaml('nodes:\n  a: { kind: set, value: [no, on, 2027-01-01, 0o17, 1_000] }')
  expect(translate(document).plan?.nodes[0]).toMatchObject({ value: { lit: ['no', 'on', '2027-01-01', 15, '1_000'] } })
})

test.each([
  ['nodes:\n  a: { kind: set, value: !!set { x } }', 'yaml-feature'],
  ['nodes:\n  a: { kind: set, value: { 1: x } }', 'yaml-feature'],
  ['x-a: *b', 'yaml-feature'],
  ['x-a: &b [*b]', 'yaml-feature'],
])('YAML that JSON cannot express is refused: %s', (rest, code) => {
  expect(translate(yaml(rest)).diagnostics.map((each) => each.code)).toContain(code)
})

test('a finding in an expression has the columns of the expression', () => {
  const { diagnostics } = translate('ir: treadle/v1\nname: test\nnodes:\n  a: { kind: set, value: "is ${nodes.b}!" }\n')
  expect(diagnostics[0]?.range).toEqual({ start: { line: 4, column: 32 }, end: { line: 4, column: 39 } })
})

test('a value that was read already has paths and no ranges', () => {
  const [finding] = translate({ ir: 'treadle/v1', name: 'test', nodes: { a: { kind: 'set' } } }).diagnostics
  expect(finding).toMatchObject({ code: 'missing-field', path: '/nodes/a' })
  expect(finding?.range).toBeUndefined()
})

test.each([null, 1, 'text', [], true, undefined])('%s is no document', (value) => {
  expect(translate(value).ok).toBe(false)
})
