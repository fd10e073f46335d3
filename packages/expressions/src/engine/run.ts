import { EvaluationError } from '@marcbachmann/cel-js'
import { ExpressionError, type ExpressionErrorCode } from '../expression-error.ts'
import type { Json } from '../json.ts'
import type { Doubles } from '../types/doubles.ts'
import { MISSING } from './macros.ts'
import type { Program } from './parse-source.ts'
import { bindScope } from './scope.ts'
import { toJson } from './values.ts'
import { isWorkSpent, spend, startWork, workError } from './work.ts'

/**
 * Evaluates the program once.
 * @throws ExpressionError and nothing else
 */
export function run(program: Program, scope: Record<string, Json>, doubles?: Doubles): Json {
  startWork()
  try {
    spend(program.nodes)
    const result = program.run(bindScope(program.references, scope, doubles))
    if (isWorkSpent()) throw workError()
    return toJson(result)
  } catch (error) {
    throw toExpressionError(error).at(program.root)
  } finally {
    program.release()
  }
}

function toExpressionError(error: unknown): ExpressionError {
  if (isWorkSpent()) return workError()
  if (error instanceof ExpressionError) return error
  if (error instanceof EvaluationError) {
    const place = error.range && { offset: error.range.start, length: error.range.end - error.range.start }
    return new ExpressionError(codeOf(error.code), error.summary.replaceAll('$(', '('), place)
  }
  if (error instanceof RangeError) return new ExpressionError('limit', 'a value is too deep or too large to be read')
  return new ExpressionError('other', error instanceof Error ? error.message : String(error))
}

function codeOf(code: string): ExpressionErrorCode {
  if (MISSING.has(code) || code === 'index_out_of_range') return 'missing'
  if (NUMBER.test(code)) return 'number'
  return TYPE.test(code) ? 'type' : 'other'
}

const NUMBER = /overflow|_by_zero|^(int|uint|double)_conversion_error$/
const TYPE = /type|overload|operand|conversion|invalid_/
