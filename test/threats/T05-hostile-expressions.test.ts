import { parseExpression } from '@treadle/expressions'
import { expect, test } from 'vitest'
import { createClient } from '../e2e/support/client.ts'
import { ECHO } from '../e2e/support/documents.ts'
import { useStack } from '../support/use-stack.ts'

/** T5: an expression that reaches for the host, or never ends. The evaluator's own bounds are tested in packages/expressions. */

const stack = useStack()
const client = () => createClient(stack().url)

/** What leads out of an evaluator of JavaScript, one way or another. */
const NAMES = [
  ...[
    'constructor',
    '__proto__',
    'prototype',
    '__defineGetter__',
    '__lookupSetter__',
    'toString',
    'valueOf',
    'hasOwnProperty',
  ],
  ...[
    'process',
    'globalThis',
    'global',
    'this',
    'self',
    'require',
    'module',
    'eval',
    'Function',
    'Reflect',
    'Proxy',
    'Symbol',
  ],
]

/** Ways out, as they are known of other evaluators. */
const ESCAPES = [
  ...NAMES,
  ...NAMES.map((name) => `input.${name}`),
  ...NAMES.map((name) => `input["${name}"]`),
  ...NAMES.map((name) => `nodes.${name}.${name}("return 1")`),
  ...NAMES.map((name) => `[1].map(x, x.${name})`),
  ...NAMES.slice(0, 8).map((name) => `{"${name}": 1}.${name}`),
  ...NAMES.slice(0, 8).map((name) => `has(input.${name}) ? input.${name} : "${name}"`),
  ...[
    '"".constructor',
    '[].constructor',
    '{}.constructor.constructor("1")()',
    'type(input).constructor',
    'run.__proto__.x',
  ],
  ...['require("fs")', 'import("fs")', 'eval("1")', 'Function("return 1")()', 'process.env', 'process.exit()'],
  ...['console.log(1)', 'fetch("http://127.0.0.1")', 'setTimeout(1)', 'Symbol("x")', 'Math.random()', 'Date.now()'],
  ...[
    'now()',
    'timestamp()',
    'input.a.constructor.name',
    'input.valueOf()',
    'input?.constructor',
    'input[?"__proto__"]',
  ],
  ...[
    '\\u0069nput.constructor',
    'input["\\u005f_proto__"]',
    'input["__pro" + "to__"]',
    'cel.bind(p, "__proto__", input[p])',
  ],
]

const PATTERNS = [
  '^(a+)+$',
  '(a|aa)+$',
  '(.*a){20}$',
  '([a-zA-Z]+)*$',
  '(a?){40}a{40}',
  '(a|b|ab)*c',
  '(.*)*$',
  '(x+x+)+y',
]
const MACROS = ['map', 'filter', 'all', 'exists', 'exists_one']

/** `levels` of a macro over 300 items inside each other. */
function nested(macro: string, levels: number): string {
  const inner = levels === 1 ? (macro === 'map' ? 'v1' : 'v1 >= 0') : nested(macro, levels - 1)
  const isTest = macro === 'map' || levels === 1 || macro.startsWith('exists') || macro === 'all'
  return `input.many.${macro}(v${levels}, ${isTest ? inner : `${inner}.size() > 0`})`
}

/** Ways to keep an evaluator busy, or to let it grow. */
const BUSY = [
  ...PATTERNS.flatMap((pattern) => [
    `input.text.matches("${pattern}")`,
    `input.many.map(x, input.text.matches("${pattern}"))`,
  ]),
  ...MACROS.flatMap((macro) => [3, 4, 6].map((levels) => nested(macro, levels))),
  ...['input.text', 'input.many', '"ab"'].map((it) => `input.many.map(a, input.many.map(b, ${it} + ${it}))`),
  ...['split("")', 'replace("a", "aaaaaaaa")', 'contains(input.text)'].map(
    (call) => `input.many.map(x, input.text.${call})`,
  ),
  ...[31, 400, 2_000].flatMap((depth) => [
    `${'('.repeat(depth)}1${')'.repeat(depth)}`,
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `${'-'.repeat(depth)}1`,
    `${'!'.repeat(depth)}true`,
    `input${'.a'.repeat(depth)}`,
    `${'true ? '.repeat(depth)}1${' : 2'.repeat(depth)}`,
  ]),
  ...[100, 2_000].flatMap((terms) => [Array(terms).fill('1').join(' + '), Array(terms).fill('input.many').join(' + ')]),
  `"${'a'.repeat(10_000)}"`,
  'json.encode(input.many.map(x, input))',
  'input.many.map(x, "%s".format([input.many]))',
]

test('there are two hundred of them', () => {
  expect(new Set([...ESCAPES, ...BUSY]).size).toBeGreaterThanOrEqual(200)
})

const SCOPE = {
  input: { text: `${'a'.repeat(5_000)}!`, many: Array.from({ length: 300 }, (_, n) => n), a: { b: 1 } },
  nodes: {},
  run: { id: 'run_1' },
}

/** Whatever it costs is counted, so that it ends; what it makes has a bound. */
test.each([...ESCAPES, ...BUSY])('%s reaches nothing of the host, and ends', (source) => {
  const parsed = parseExpression(source)
  let value: unknown = 'refused'
  try {
    if (parsed.ok) value = parsed.expression.evaluate(SCOPE)
  } catch (error) {
    expect((error as Error).name).toBe('ExpressionError')
  }
  expect(typeof value).not.toBe('function')
  const said = JSON.stringify(value ?? null)
  expect(said).not.toMatch(/native code|\/usr|PATH/)
  expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1024 * 1024)
})

test('the same in a run: it fails, or gives a value, and the worker goes on', { timeout: 300_000 }, async () => {
  const { input } = SCOPE
  const started = await Promise.all(
    [...BUSY, ...ESCAPES].map(async (source) => {
      const ir = { ...ECHO, nodes: { hostile: { kind: 'set', value: `\${${source}}` } }, output: '${nodes.hostile}' }
      const answer = await client().post('/runs', { ir, input })
      return { source, status: answer.status, run: (await answer.json()) as { id: string } }
    }),
  )
  for (const { source, status, run } of started) {
    expect([source, status]).toEqual([source, expect.toSatisfy((code: number) => code === 201 || code === 422)])
    if (status !== 201) continue
    const result = await client().result(run.id)
    expect([source, result.status]).toEqual([source, expect.stringMatching(/^(completed|failed)$/)])
    if (result.status === 'failed') expect([source, result.error?.type]).toEqual([source, 'invalid_request'])
    expect(JSON.stringify(result)).not.toMatch(/native code|node_modules|at .*\.js:/)
  }
  const { id } = await client().start({ ir: ECHO, input: 'alive' })
  expect(await client().result(id)).toMatchObject({ status: 'completed', output: 'alive' })
})
