import { Environment } from '@marcbachmann/cel-js'
import { NESTING_MAX, NODES_MAX } from '../limits.ts'
import { replacedName } from './adapt.ts'
import { FUNCTIONS } from './functions.ts'
import { defaultMacro } from './macros.ts'
import type { Evaluator, Node } from './node.ts'
import { parseSignature } from './signature.ts'
import { ERROR_UNITS, spend } from './work.ts'

/** Names of the library's functions that ours stand in for; calls are led to `replacedName`. */
export const REPLACED: ReadonlySet<string> = new Set(
  FUNCTIONS.filter((fn) => fn.replaces).map((fn) => parseSignature(fn.signature).name),
)

/** The library with our functions. Names that it does not know are variables of any type. */
export const environment = createEnvironment()

function createEnvironment(): Environment {
  const env = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: NODES_MAX, maxDepth: NESTING_MAX + 1 },
  })
  registerJsonNamespace(env)
  env.registerFunction('default(ast, ast): dyn', defaultMacro, { async: false })
  registerFunctions(env)
  registerMixedOperators(env)
  adjustEvaluator(env)
  return env
}

/** Only a name to hang `json.encode` and `json.decode` on. */
function registerJsonNamespace(env: Environment) {
  class JsonNamespace {}
  env.registerType('JsonNamespace', JsonNamespace)
  env.registerConstant('json', 'JsonNamespace', new JsonNamespace())
}

function registerFunctions(env: Environment) {
  for (const { signature, run } of FUNCTIONS) {
    const { receiver, name, params, result } = parseSignature(signature)
    env.registerFunction({
      name: REPLACED.has(name) ? replacedName(name) : name,
      ...(receiver && { receiverType: receiver }),
      returnType: result,
      params: params.map((type, i) => ({ name: `arg${i}`, type })),
      // Of its own, as the library keeps notes on it, and the sandbox freezes what modules export.
      handler: (...args: unknown[]) => run(...args),
      async: false,
    })
  }
}

/** Our one extension of CEL's operators: an int and a double together are doubles. */
function registerMixedOperators(env: Environment) {
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  }
  for (const [operator, run] of Object.entries(operators)) {
    const mixed = (a: bigint | number, b: bigint | number) => run(Number(a), Number(b))
    env.registerOperator(`int ${operator} double: double`, mixed)
    env.registerOperator(`double ${operator} int: double`, mixed)
  }
  env.registerOperator('int == double', (a: bigint, b: number) => Number(a) === b)
}

/**
 * Three changes to the evaluator, for which the library has no option. It is reached through the one thing that it shows
 * itself to: a function, as its `this`.
 * - It types a list by its first item, so that lists of unlike items would not go together, and keeps every such type
 *   for ever. Here a list is a list.
 * - `||`, `&&`, `all` and `exists` take errors for values and go on. Each error counts as work, and once there is none
 *   left that ends them.
 * - It knows timestamps by their constructor, but Temporal's sandbox puts another `Date` before the real one.
 */
function adjustEvaluator(env: Environment) {
  env.registerFunction({
    name: 'adjustEvaluator',
    params: [],
    returnType: 'null',
    handler(this: Evaluator) {
      this.debugTypeDeep = this.debugType
      this.tryEval = tryEvaluate
      const timestamp = this.objectTypesByConstructor.get(Date)
      this.objectTypesByConstructor.set(Date.prototype.constructor, timestamp)
      return null
    },
    async: false,
  })
  env.evaluate('adjustEvaluator()')
}

function tryEvaluate(this: Evaluator, node: Node, context: unknown): unknown {
  try {
    return this.run(node, context)
  } catch (error) {
    spend(ERROR_UNITS)
    return error
  }
}
