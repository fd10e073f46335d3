import type { Reference } from '../references.ts'
import { environment } from './environment.ts'
import type { Node } from './node.ts'
import { type Syntax, syntaxOf } from './syntax.ts'

/** Every root and static path that the tree reads, in the order of the source. */
export function findReferences(root: Node): Reference[] {
  const found: Reference[] = []
  visit(root, { bound: new Set(), guarded: false })
  return found

  function visit(node: Node, context: Context) {
    const read = readPath(node)
    if (read) add(node, read, context)
    else for (const [child, inner] of parts(syntaxOf(node), context)) visit(child, inner)
  }

  function add(node: Node, { path, guarded }: Path, context: Context) {
    const [name = ''] = path
    if (context.bound.has(name) || environment.hasVariable(name)) return // A loop's variable, or a constant as `int`.
    found.push({
      path,
      guarded: guarded || context.guarded,
      whole: node === root && !guarded,
      offset: node.start,
      length: node.end - node.start,
    })
  }
}

interface Context {
  /** Variables of comprehensions and of `cel.bind` around the node. */
  bound: ReadonlySet<string>
  guarded: boolean
}

interface Path {
  path: string[]
  guarded: boolean
}

/** The path of a chain of fields down to a name, as `nodes.a["b"].?c`. */
function readPath(node: Node): Path | undefined {
  const syntax = syntaxOf(node)
  if (syntax.kind === 'name') return { path: [syntax.name], guarded: false }
  if (syntax.kind !== 'field' && syntax.kind !== 'has') return undefined
  const parent = readPath(syntax.of)
  if (!parent) return undefined
  const guarded = parent.guarded || syntax.optional || syntax.kind === 'has'
  return { path: [...parent.path, syntax.field], guarded }
}

/** The nodes below, each with what holds there. */
function parts(syntax: Syntax, context: Context): [Node, Context][] {
  const same = (...nodes: (Node | undefined)[]) =>
    nodes.flatMap((node): [Node, Context][] => (node ? [[node, context]] : []))
  switch (syntax.kind) {
    case 'value':
    case 'name':
      return []
    case 'field':
      return [[syntax.of, { ...context, guarded: context.guarded || syntax.optional }]]
    case 'has':
      return [[syntax.of, { ...context, guarded: true }]]
    case 'index':
      return [[syntax.of, { ...context, guarded: context.guarded || syntax.optional }], ...same(syntax.index)]
    case 'list':
      return same(...syntax.items)
    case 'map':
      return same(...syntax.entries.flat())
    case 'conditional':
      return same(syntax.condition, syntax.yes, syntax.no)
    case 'logic':
      return same(syntax.left, syntax.right)
    case 'not':
      return same(syntax.operand)
    case 'operator':
      return same(...syntax.operands)
    case 'call':
      return same(syntax.receiver, ...syntax.args)
    case 'default':
      return [[syntax.value, { ...context, guarded: true }], ...same(syntax.fallback)]
    case 'comprehension':
      return [...same(syntax.of), ...within(context, syntax.variable, syntax.bodies)]
    case 'bind':
      return [...same(syntax.value), ...within(context, syntax.variable, [syntax.body])]
  }
}

function within(context: Context, variable: string, nodes: Node[]): [Node, Context][] {
  const inner = { ...context, bound: new Set([...context.bound, variable]) }
  return nodes.map((node) => [node, inner])
}
