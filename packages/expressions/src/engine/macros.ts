import { EvaluationError } from '@marcbachmann/cel-js'
import type { CheckedType, Checker, Evaluator, Node } from './node.ts'

/**
 * `default(x, fallback)`: the value of `x`, or the fallback where `x` reads something that is missing, or is null.
 * A macro, as a function would fail on its missing argument before it is called.
 */
export const defaultMacro = ({ args: [value, fallback] }: { args: [Node, Node] }) => ({
  async: false,

  typeCheck(checker: Checker, _macro: object, context: unknown): CheckedType {
    checker.check(value, context)
    checker.check(fallback, context)
    return checker.dynType
  },

  evaluate(evaluator: Evaluator, _macro: object, context: unknown): unknown {
    return valueOrNull(evaluator, value, context) ?? evaluator.run(fallback, context)
  },
})

function valueOrNull(evaluator: Evaluator, value: Node, context: unknown): unknown {
  try {
    return evaluator.run(value, context)
  } catch (error) {
    if (error instanceof EvaluationError && MISSING.has(error.code)) return null
    throw error
  }
}

/** The library's codes for what is not there. */
export const MISSING: ReadonlySet<string> = new Set([
  'no_such_key',
  'index_out_of_bounds',
  'unknown_variable',
  'optional_value_missing',
])
