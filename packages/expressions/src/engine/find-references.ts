import type { Reference } from '../references.ts'
import { environment } from './environment.ts'
import type { Node } from './node.ts'
import { type Path, partsOf, pathOf, type Syntax, syntaxOf } from './syntax.ts'

/** Every root and static path that the tree reads, in the order of the source. */
export function findReferences(root: Node): Reference[] {
  const found: Reference[] = []
  visit(root, { bound: new Set(), guarded: false })
  return found

  function visit(node: Node, context: Context) {
    const read = pathOf(node)
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

/** The nodes below, each with what holds there. */
function parts(syntax: Syntax, context: Context): [Node, Context][] {
  const guarded = { ...context, guarded: true }
  switch (syntax.kind) {
    case 'has':
      return [[syntax.of, guarded]]
    case 'field':
      return [[syntax.of, syntax.optional ? guarded : context]]
    case 'index':
      return [
        [syntax.of, syntax.optional ? guarded : context],
        [syntax.index, context],
      ]
    case 'default':
      return [
        [syntax.value, guarded],
        [syntax.fallback, context],
      ]
    case 'comprehension':
      return [[syntax.of, context], ...within(context, syntax.variable, syntax.bodies)]
    case 'bind':
      return [[syntax.value, context], ...within(context, syntax.variable, [syntax.body])]
    default:
      return partsOf(syntax).map((node) => [node, context])
  }
}

function within(context: Context, variable: string, nodes: Node[]): [Node, Context][] {
  const inner = { ...context, bound: new Set([...context.bound, variable]) }
  return nodes.map((node) => [node, inner])
}
