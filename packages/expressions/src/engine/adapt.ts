import { ExpressionError } from '../expression-error.ts'
import { hasMacro } from './macros.ts'
import type { CheckedType, Checker, Evaluate, Node } from './node.ts'
import { isNode, walk } from './node.ts'

/**
 * Fits a parsed tree to JSON, before the library checks it:
 * 1. Calls of functions that we replace go to ours.
 * 2. Lists and maps have elements of any type, also where the library could infer one: a list from a literal may be
 *    joined with one from a document.
 * 3. The branches of a conditional may differ in type: `ok ? "yes" : null`.
 * 4. A map literal gives a Map, as documents do: any key is allowed, and a key given twice is an error.
 * 5. `has()` takes a field of anything (see macros.ts).
 * @throws ExpressionError `syntax` if `has()` is not given a field
 */
export function adapt(root: Node, replaced: ReadonlySet<string>) {
  renameCalls(root, replaced)
  walk(root, (node) => {
    replaceHas(node)
    widenCheck(node)
  })
}

/** Leads calls of functions that we replace to ours. */
export function renameCalls(root: Node, replaced: ReadonlySet<string>) {
  walk(root, ({ op, args }) => {
    if ((op === 'call' || op === 'rcall') && Array.isArray(args) && replaced.has(args[0]))
      args[0] = replacedName(args[0])
  })
}

/** `$` is no character of a CEL name, so nobody can call these by their own name. */
export const replacedName = (name: string) => `${name}$`

function replaceHas(node: Node) {
  if (node.op !== 'call' || !Array.isArray(node.args)) return
  const [name, [select]] = node.args
  if (name === 'has' && isNode(select)) node.setMeta('macro', hasMacro(node, select))
}

function widenCheck(node: Node) {
  const { check } = node.meta
  node.setMeta('check', (checker: Checker, self: Node, context: unknown): CheckedType => {
    try {
      const type = check(checker, self, context)
      if (self.op === 'map') self.setMeta('evaluate', evaluateMap) // After the check, which sets one for `{}`.
      return widen(checker, self, type)
    } catch (error) {
      if (self.op === '?:' && hasCode(error, 'incompatible_ternary_branches')) return checker.dynType
      throw error
    }
  })
}

function widen(checker: Checker, { op, args }: Node, type: CheckedType): CheckedType {
  if (type.kind === 'list') return checker.listType
  if (type.kind === 'map') return checker.mapType
  // The library takes `duration + timestamp` for a duration, but gives a timestamp.
  if (op === '+' && type.kind === 'message') return timestampAmong(args as [Node, Node]) ?? type
  return type
}

const timestampAmong = (operands: Node[]) =>
  operands.map(({ checkedType }) => checkedType).find((type) => type?.name === 'google.protobuf.Timestamp')

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code

const evaluateMap: Evaluate = (evaluator, node, context) => {
  const map = new Map<unknown, unknown>()
  for (const [keyNode, valueNode] of node.args as [Node, Node][]) {
    const key = evaluator.run(keyNode, context)
    if (!isKey(key)) throw keyError('a key of a map is a string, a bool or an int', keyNode)
    if (map.has(key)) throw keyError(`the key ${JSON.stringify(String(key))} is given twice`, keyNode)
    map.set(key, evaluator.run(valueNode, context))
  }
  return map
}

const isKey = (key: unknown) => typeof key === 'string' || typeof key === 'boolean' || typeof key === 'bigint'

const keyError = (message: string, { start, end }: Node) =>
  new ExpressionError('type', message, { offset: start, length: end - start })
