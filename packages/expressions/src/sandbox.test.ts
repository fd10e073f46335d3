import { AsyncLocalStorage } from 'node:async_hooks'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { bundleWorkflowCode } from '@temporalio/worker'
import { beforeAll, expect, test } from 'vitest'
import type * as Expressions from './index.ts'

/**
 * The bundle that a worker would load, in a context without Node's globals and with those that Temporal's sandbox
 * gives, `Date` replaced included.
 */
let expressions: typeof Expressions

beforeAll(async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./index.ts', import.meta.url)),
    logger: SILENT,
  })
  const sandbox = vm.createContext({
    TextEncoder,
    TextDecoder,
    URL,
    URLSearchParams,
    AbortController,
    AsyncLocalStorage,
    __webpack_module_cache__: {}, // The sandbox keeps one for each run.
  })
  vm.runInContext(code, sandbox)
  const temporal = vm.runInContext('__TEMPORAL__', sandbox)
  vm.runInContext(REPLACE_DATE, sandbox)
  expressions = temporal.importWorkflows()
}, 60_000)

/** What the SDK does to `Date` before it loads workflows: another constructor, with the real one's prototype. */
const REPLACE_DATE = `{
  const RealDate = Date
  globalThis.Date = function (...args) { return new RealDate(...(args.length > 0 ? args : [0])) }
  Object.assign(Date, { now: () => 0, parse: RealDate.parse, UTC: RealDate.UTC })
  Date.prototype = RealDate.prototype
}`

const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error }

test('expressions evaluate in the sandbox as they do outside', () => {
  check('input.items.filter(i, i.n > 1).map(i, i.n / 2)', { input: { items: [{ n: 1 }, { n: 4 }] } }, [2])
  check('timestamp("2026-01-01T00:00:00Z") + duration("90m")', {}, '2026-01-01T01:30:00Z')
  check('[timestamp("2026-01-01T00:00:00Z")].map(t, t.getFullYear())', {}, [2026])
  check('"mail@example.com".matches("^[a-z]+@")', {}, true)
  check('json.decode("{\\"a\\": [1, 2.5]}").a', {}, [1, 2.5])
  check('string(bytes("äöü"))', {}, 'äöü')
})

test('too much work ends with an error in the sandbox too', () => {
  const list = Array.from({ length: 10_000 }, (_, i) => i)
  expect(() => evaluate('a.map(x, a.map(y, x * y))', { a: list })).toThrow(/more than/)
})

test('the checker loads in the sandbox', () => {
  const { issues } = expressions.check('input.a + 1', { variables: { input: expressions.objectOf({}) } })
  expect(issues.map(({ code }) => code)).toEqual(['unknown-field'])
})

function check(source: string, scope: Record<string, Expressions.Json>, value: Expressions.Json) {
  // Compared as JSON, as arrays of another context are of another `Array`.
  expect(JSON.stringify(evaluate(source, scope))).toBe(JSON.stringify(value))
}

function evaluate(source: string, scope: Record<string, Expressions.Json>): Expressions.Json {
  const parsed = expressions.parseExpression(source)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.expression.evaluate(scope)
}
