import { EvaluationError, Optional } from '@marcbachmann/cel-js'
import { ExpressionError } from '../expression-error.ts'
import type { CheckedType, Checker, Evaluator, Node } from './node.ts'
import { ERROR_UNITS, spend } from './work.ts'

/** What the library asks of a macro. */
interface Macro {
  async: false
  typeCheck(checker: Checker, macro: object, context: unknown): CheckedType
  evaluate(evaluator: Evaluator, macro: object, context: unknown): unknown
}

/**
 * `default(x, fallback)`: the value of `x`, or the fallback where `x` reads something that is missing, or is null.
 * A macro, as a function would fail on its missing argument before it is called.
 */
export const defaultMacro = ({ args: [value, fallback] }: { args: [Node, Node] }): Macro => ({
  async: false,

  typeCheck(checker, _macro, context) {
    checker.check(value, context)
    checker.check(fallback, context)
    return checker.dynType
  },

  evaluate(evaluator, _macro, context) {
    return valueOrNull(evaluator, value, context) ?? evaluator.run(fallback, context)
  },
})

function valueOrNull(evaluator: Evaluator, value: Node, context: unknown): unknown {
  try {
    return evaluator.run(value, context)
  } catch (error) {
    if (!(error instanceof EvaluationError && MISSING.has(error.code))) throw error
    spend(ERROR_UNITS)
    return null
  }
}

/** The library's codes for what is not there. */
export const MISSING: ReadonlySet<string> = new Set([
  'no_such_key',
  'index_out_of_bounds',
  'unknown_variable',
  'optional_value_missing',
])

/** `has(x.field)` for every `x`. The library's takes names and fields only, and so no `has(items[0].price)`. */
export function hasMacro(call: Node, select: Node): Macro {
  if (select.op !== '.' && select.op !== '.?') throw misused(call)
  const [of, field] = select.args as [Node, string]
  return {
    async: false,
    typeCheck(checker, _macro, context) {
      checker.check(of, context)
      return checker.boolType
    },
    evaluate: (evaluator, _macro, context) => hasField(evaluator.run(of, context), field),
  }
}

function hasField(value: unknown, field: string): boolean {
  if (value instanceof Optional) return value.hasValue() && hasField(value.value(), field)
  return value instanceof Map && value.has(field)
}

const misused = ({ start, end }: Node) =>
  new ExpressionError('syntax', 'has() takes a field, as in has(input.name); for a key write "key" in object', {
    offset: start,
    length: end - start,
  })
