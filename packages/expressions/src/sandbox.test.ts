import { AsyncLocalStorage } from 'node:async_hooks'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import { bundleWorkflowCode } from '@temporalio/worker'
import { beforeAll, describe, expect, test } from 'vitest'
import type * as Expressions from './index.ts'

const ENTRY = fileURLToPath(new URL('./index.ts', import.meta.url))
const SILENT = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error }

let code: string

beforeAll(async () => {
  code = (await bundleWorkflowCode({ workflowsPath: ENTRY, preloadModules: [ENTRY], logger: SILENT })).code
}, 60_000)

/**
 * The bundle that a worker loads, in a context without Node's globals and with those that Temporal's sandbox gives. A
 * worker loads the modules anew for each run, or once for all, and then freezes them.
 */
describe.each(['for each run', 'once, and frozen'])('loaded %s, in the sandbox', (mode) => {
  let expressions: typeof Expressions

  beforeAll(() => {
    const modules: Record<string, unknown> = {}
    const sandbox = vm.createContext({
      ...{ TextEncoder, TextDecoder, URL, URLSearchParams, AbortController, AsyncLocalStorage },
      __webpack_module_cache__: modules,
    })
    vm.runInContext(code, sandbox)
    const temporal = vm.runInContext('__TEMPORAL__', sandbox)
    if (mode !== 'for each run') {
      temporal.preloadModules()
      freeze(modules)
    }
    expressions = temporal.importWorkflows()
  })

  test('expressions evaluate as they do outside', () => {
    check('input.items.filter(i, i.n > 1).map(i, i.n / 2)', { input: { items: [{ n: 1 }, { n: 4 }] } }, [2])
    check('timestamp("2026-01-01T00:00:00Z") + duration("90m")', {}, '2026-01-01T01:30:00Z')
    check('[timestamp("2026-01-01T00:00:00Z")].map(t, t.getFullYear())', {}, [2026])
    check('"mail@example.com".matches("^[a-z]+@")', {}, true)
    check('json.decode("{\\"a\\": [1, 2.5]}").a', {}, [1, 2.5])
    check('"%s-%d".format(["a", size("b".split(","))])', {}, 'a-1')
    check('default(x.y, [1].exists(i, i.z || true))', { x: {} }, true)
    check('string(bytes("äöü"))', {}, 'äöü')
  })

  test('too much work ends with an error', () => {
    const list = Array.from({ length: 10_000 }, (_, i) => i)
    expect(() => evaluate('a.map(x, a.map(y, x * y))', { a: list })).toThrow(/more than/)
  })

  test('the checker finds issues', () => {
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
})

/** As the SDK does with modules that all runs share: objects all the way down, functions without what hangs on them. */
function freeze(value: unknown, seen = new Set()) {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
  seen.add(value)
  if (Object.isFrozen(value) || ArrayBuffer.isView(value)) return
  if (typeof value === 'object') for (const inner of Object.values(value)) freeze(inner, seen)
  Object.freeze(value)
}
