import { ExpressionError } from '../expression-error.ts'
import { Bytes, CelMap, isArray, min } from './globals.ts'
import { type Comprehension, comprehensionOf, type Node, walk } from './node.ts'
import { weigh, weighShallow } from './weight.ts'
import { checkTextLength, ERROR_UNITS, spend } from './work.ts'

/**
 * Makes a checked tree count its work, as the library has no hook for it:
 * - each turn of a comprehension costs as many units as its body has nodes;
 * - operators and calls cost by the size of the operands that they read.
 * Everything else is bounded by the size of the tree, which `Metered.nodes` gives.
 */
export function meter(root: Node): Metered {
  const comprehensions: Comprehension[] = []
  let nodes = 0
  walk(root, (node) => {
    nodes++
    const comprehension = comprehensionOf(node)
    if (comprehension) comprehensions.push(comprehension)
    meterHandle(node)
  })
  for (const comprehension of comprehensions) meterTurns(comprehension)
  return { nodes, release: () => comprehensions.forEach(release) }
}

export interface Metered {
  nodes: number
  /** Lets go of the values of the last evaluation, which the library keeps in the tree. */
  release(): void
}

function meterTurns(comprehension: Comprehension) {
  const { step } = comprehension
  let units = 1
  walk(step, () => units++)

  // Stands in for the step: the library only calls `evaluate` on it.
  const metered = {
    evaluate(evaluator, _node, context) {
      spend(units)
      return step.evaluate(evaluator, step, context)
    },
  } satisfies Pick<Node, 'evaluate'>
  comprehension.step = metered as unknown as Node
}

function release({ iterCtx }: Comprehension) {
  if (!iterCtx) return
  iterCtx.reuse(undefined)
  iterCtx.accuValue = undefined
  iterCtx.iterValue = undefined
}

function meterHandle(node: Node) {
  const { handle } = node
  const cost = costOf(node.op)
  if (!handle || !cost) return
  node.handle = (...args) => {
    try {
      cost(args[0], args[1])
      return handle(...args)
    } catch (error) {
      throw error instanceof ExpressionError ? error.at(node) : error
    }
  }
}

/** What is read before the operator or call runs. Field access, conditions and logic read no values. */
function costOf(op: string): ((left: unknown, right: unknown) => void) | undefined {
  switch (op) {
    case '==':
    case '!=':
      return (left, right) => spend(min(weigh(left), weigh(right)))
    case 'in':
      return (_item, container) => spend(isArray(container) ? weigh(container) : 1)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return (left, right) => spend(min(weighShallow(left), weighShallow(right)))
    case '+':
      return spendOnSum
    case 'comprehension':
      return (of) => spend(of instanceof CelMap ? 1 + of.size : 1) // The library makes a list of the keys first.
    case '[?]':
      return () => spend(ERROR_UNITS) // Where there is nothing, an error is made and dropped.
    case 'call':
    case 'rcall':
      return spendOnArguments
    default:
      return undefined
  }
}

function spendOnArguments(args: unknown) {
  if (isArray(args)) for (const arg of args) spend(weighShallow(arg))
}

function spendOnSum(left: unknown, right: unknown) {
  if (isText(left) && isText(right)) checkTextLength(left.length + right.length)
  spend(weighShallow(left) + weighShallow(right))
}

const isText = (value: unknown): value is string | Uint8Array => typeof value === 'string' || value instanceof Bytes
