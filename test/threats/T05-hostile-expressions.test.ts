import { parseExpression } from '@treadle/expressions'
import { expect, test } from 'vitest'
import { createClient } from '../e2e/support/client.ts'
import { ECHO } from '../e2e/support/documents.ts'
import { useStack } from '../support/use-stack.ts'

/** T5: an expression that reaches for the host, or never ends. The evaluator's own bounds are tested in packages/expressions. */

const stack = useStack()
const client = () => createClient(stack().url)

/** Ways out of an evaluator, as they are known of others, and ways to keep it busy. */
const ESCAPES = [
  ...[
    'constructor',
    'constructor.constructor',
    '__proto__',
    'prototype',
    'process',
    'globalThis',
    'global',
    'this',
    'self',
  ],
  ...[
    'require("fs")',
    'import("fs")',
    'eval("1")',
    'Function("return 1")()',
    'process.env',
    'process.exit()',
    'console.log(1)',
  ],
  ...[
    'input.constructor',
    'input.__proto__',
    'input["constructor"]',
    'input["__proto__"]',
    '"".constructor',
    '[].constructor',
  ],
  ...[
    'input.toString',
    'input.valueOf()',
    'input.hasOwnProperty("a")',
    '[1].map(x, x.constructor)',
    '{}.constructor.constructor("1")()',
  ],
  ...[
    'nodes.__proto__',
    'nodes.constructor',
    'run.constructor',
    'run.__proto__.x',
    'input.a.constructor.name',
    'type(input).constructor',
  ],
  ...[
    'Math.random()',
    'Date.now()',
    'now()',
    'timestamp()',
    'fetch("http://127.0.0.1")',
    'setTimeout(1)',
    'Symbol("x")',
    'Proxy',
    'Reflect',
  ],
]

const BUSY = [
  'input.text.matches("^(a+)+$")',
  'input.text.matches("(a|aa)+$")',
  'input.text.matches("(.*a){20}$")',
  'input.many.map(a, input.many.map(b, input.many.map(c, a + b + c)))',
  'input.many.all(a, input.many.all(b, input.many.exists(c, a + b == c)))',
  'input.many.filter(a, input.many.filter(b, input.many.filter(c, true).size() > 0).size() > 0)',
  `${'('.repeat(400)}1${')'.repeat(400)}`,
  `${'['.repeat(400)}${']'.repeat(400)}`,
  Array(2_000).fill('1').join(' + '),
  `"${'a'.repeat(10_000)}"`,
]

test.each(ESCAPES)('%s reaches nothing of the host', async (source) => {
  const parsed = parseExpression(source)
  let value: unknown = 'refused'
  try {
    if (parsed.ok) value = parsed.expression.evaluate({ input: { a: { b: 1 } }, nodes: {}, run: { id: 'run_1' } })
  } catch (error) {
    expect((error as Error).name).toBe('ExpressionError')
  }
  expect(typeof value).not.toBe('function')
  expect(JSON.stringify(value ?? null)).not.toMatch(/native code|process|\/usr|PATH/)
})

test('the same in a run: it fails, or gives a value, and the worker goes on', { timeout: 120_000 }, async () => {
  const input = { text: `${'a'.repeat(5_000)}!`, many: Array.from({ length: 300 }, (_, n) => n), a: { b: 1 } }
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
