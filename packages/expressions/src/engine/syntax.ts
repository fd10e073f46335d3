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
