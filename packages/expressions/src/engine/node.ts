/**
 * The library's syntax tree as it is at run time. The library's typings leave out what the meter and the checker need
 * (`meta`, `handle`), so its shape is written down here once. It holds for the pinned version 8.0.0; the tests of the
 * meter fail if another version no longer calls `evaluate` and `handle` on the nodes.
 */
export interface Node {
  op: string
  args: unknown
  readonly start: number
  readonly end: number
  readonly meta: { alternate?: Node; macro?: object; check: Check; evaluate: Evaluate }
  setMeta(key: string, value: unknown): Node
  evaluate: Evaluate
  /** Set by the library's type check. */
  checkedType?: CheckedType
  /** What an operator or call does with the values of its operands; set by the library's type check. */
  handle?: (...args: unknown[]) => unknown
}

export type Check = (checker: Checker, node: Node, context: unknown) => CheckedType
export type Evaluate = (evaluator: Evaluator, node: Node, context: unknown) => unknown

export interface CheckedType {
  kind: string
  name: string
}

export interface Checker {
  dynType: CheckedType
  listType: CheckedType
  mapType: CheckedType
  boolType: CheckedType
  check(node: Node, context: unknown): CheckedType
}

export interface Evaluator {
  objectTypesByConstructor: Map<unknown, unknown>
  run(node: Node, context: unknown): unknown
  tryEval(node: Node, context: unknown): unknown
  debugType(value: unknown): unknown
  debugTypeDeep(value: unknown): unknown
}

/** The arguments of a comprehension: what `map`, `filter`, `all`, `exists` and `exists_one` expand to. */
export interface Comprehension {
  iterable: Node
  init: Node
  step: Node
  iterCtx?: { reuse(parent: unknown): unknown; accuValue: unknown; iterValue: unknown }
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'op' in value && 'setMeta' in value

/** Visits the node and every node below it that can be evaluated, macros expanded. */
export function walk(root: Node, visit: (node: Node) => void) {
  visit(root)
  if (root.meta.alternate) walk(root.meta.alternate, visit)
  else walkArgs(root.args, visit)
}

function walkArgs(args: unknown, visit: (node: Node) => void) {
  if (isNode(args)) walk(args, visit)
  else if (Array.isArray(args)) for (const item of args) walkArgs(item, visit)
  else if (isComprehension(args)) for (const part of [args.iterable, args.init, args.step]) walk(part, visit)
}

const isComprehension = (args: unknown): args is Comprehension =>
  typeof args === 'object' && args !== null && 'iterable' in args && 'step' in args

/** The comprehension's arguments, if the node is one. */
export const comprehensionOf = (node: Node): Comprehension | undefined =>
  node.op === 'comprehension' && isComprehension(node.args) ? node.args : undefined
