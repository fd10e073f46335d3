import type { Node } from './node.ts'

/**
 * The tree by kinds, as it was written (macros not expanded). One place knows how the library stores its nodes; whoever
 * walks the tree switches over `kind`.
 */
export type Syntax =
  | { kind: 'value'; value: unknown }
  | { kind: 'name'; name: string }
  /** `of.field`, `of["field"]`, and with `optional` `of.?field` and `of[?"field"]`. */
  | { kind: 'field'; of: Node; field: string; optional: boolean }
  | { kind: 'index'; of: Node; index: Node; optional: boolean }
  | { kind: 'list'; items: Node[] }
  | { kind: 'map'; entries: [Node, Node][] }
  | { kind: 'conditional'; condition: Node; yes: Node; no: Node }
  | { kind: 'logic'; operator: '&&' | '||'; left: Node; right: Node }
  | { kind: 'not'; operand: Node }
  | { kind: 'operator'; operator: string; operands: Node[] }
  | { kind: 'call'; name: string; receiver?: Node; args: Node[] }
  /** `of.map(variable, …)` and its kin: `bodies` are evaluated for each item. */
  | { kind: 'comprehension'; name: string; of: Node; variable: string; bodies: Node[] }
  | { kind: 'bind'; variable: string; value: Node; body: Node }
  | { kind: 'has'; of: Node; field: string; optional: boolean }
  | { kind: 'default'; value: Node; fallback: Node }

// biome-ignore lint/suspicious/noExplicitAny: the library's arguments differ for each operator; this is their one reader
export function syntaxOf({ op, args }: { op: string; args: any }): Syntax {
  switch (op) {
    case 'value':
      return { kind: 'value', value: args }
    case 'id':
      return { kind: 'name', name: args }
    case '.':
    case '.?':
      return { kind: 'field', of: args[0], field: args[1], optional: op === '.?' }
    case '[]':
    case '[?]':
      return indexSyntax(args[0], args[1], op === '[?]')
    case 'list':
      return { kind: 'list', items: args }
    case 'map':
      return { kind: 'map', entries: args }
    case '?:':
      return { kind: 'conditional', condition: args[0], yes: args[1], no: args[2] }
    case '&&':
    case '||':
      return { kind: 'logic', operator: op, left: args[0], right: args[1] }
    case '!_':
      return { kind: 'not', operand: args }
    case '-_':
      return { kind: 'operator', operator: '-', operands: [args] }
    case 'call':
      return callSyntax(args[0], undefined, args[1])
    case 'rcall':
      return callSyntax(args[0], args[1], args[2])
    default:
      return { kind: 'operator', operator: op, operands: args }
  }
}

function indexSyntax(of: Node, index: Node, optional: boolean): Syntax {
  if (index.op === 'value' && typeof index.args === 'string') return { kind: 'field', of, field: index.args, optional }
  return { kind: 'index', of, index, optional }
}

function callSyntax(written: string, receiver: Node | undefined, args: Node[]): Syntax {
  const name = written.replace('$', '')
  const [first, second, third] = args
  if (receiver && first && COMPREHENSIONS.get(name)?.includes(args.length) && typeof first.args === 'string')
    return { kind: 'comprehension', name, of: receiver, variable: first.args, bodies: args.slice(1) }
  if (name === 'bind' && receiver?.op === 'id' && receiver.args === 'cel' && first && second && third)
    return { kind: 'bind', variable: String(first.args), value: second, body: third }
  if (!receiver && name === 'default' && first && second) return { kind: 'default', value: first, fallback: second }
  if (!receiver && name === 'has' && first) {
    const select = syntaxOf(first)
    if (select.kind === 'field') return { ...select, kind: 'has' }
  }
  return { kind: 'call', name, ...(receiver && { receiver }), args }
}

/** Names and the numbers of arguments that they come with. */
const COMPREHENSIONS: ReadonlyMap<string, readonly number[]> = new Map([
  ['all', [2]],
  ['exists', [2]],
  ['exists_one', [2]],
  ['filter', [2]],
  ['map', [2, 3]],
])

/** A name and the fields below it. */
export interface Path {
  path: string[]
  /** One of the fields is read by `.?` or `has()`, so it need not be there. */
  guarded: boolean
}

/** The path of a chain of fields down to a name, as `nodes.a["b"].?c`; undefined for anything else. */
export function pathOf(node: Node): Path | undefined {
  const syntax = syntaxOf(node)
  if (syntax.kind === 'name') return { path: [syntax.name], guarded: false }
  if (syntax.kind !== 'field' && syntax.kind !== 'has') return undefined
  const parent = pathOf(syntax.of)
  if (!parent) return undefined
  const guarded = parent.guarded || syntax.optional || syntax.kind === 'has'
  return { path: [...parent.path, syntax.field], guarded }
}

/** The nodes directly below, as they were written. */
export function partsOf(syntax: Syntax): Node[] {
  switch (syntax.kind) {
    case 'value':
    case 'name':
      return []
    case 'field':
    case 'has':
      return [syntax.of]
    case 'index':
      return [syntax.of, syntax.index]
    case 'list':
      return syntax.items
    case 'map':
      return syntax.entries.flat()
    case 'conditional':
      return [syntax.condition, syntax.yes, syntax.no]
    case 'logic':
      return [syntax.left, syntax.right]
    case 'not':
      return [syntax.operand]
    case 'operator':
      return syntax.operands
    case 'call':
      return syntax.receiver ? [syntax.receiver, ...syntax.args] : syntax.args
    case 'default':
      return [syntax.value, syntax.fallback]
    case 'comprehension':
      return [syntax.of, ...syntax.bodies]
    case 'bind':
      return [syntax.value, syntax.body]
  }
}

/** Visits the node and every node below it, as they were written. */
export function everyPart(node: Node, visit: (node: Node) => void) {
  visit(node)
  for (const part of partsOf(syntaxOf(node))) everyPart(part, visit)
}
