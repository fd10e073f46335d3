import { type Expression, parseExpression } from './expression.ts'
import { ExpressionError } from './expression-error.ts'
import type { Json } from './json.ts'
import type { Doubles } from './types/doubles.ts'

/** For tests: the value as JSON text, or `!code` of the error, or `?code` of the first issue of the source. */
export function outcome(source: string, scope: Record<string, Json> = {}, doubles?: Doubles): string {
  const parsed = parseExpression(source)
  if (!parsed.ok) return `?${parsed.errors[0]?.code}`
  try {
    return JSON.stringify(parsed.expression.evaluate(scope, doubles))
  } catch (error) {
    if (error instanceof ExpressionError) return `!${error.code}`
    throw error
  }
}

/** For tests: the parsed source, which has no issues. */
export function expressionOf(source: string): Expression {
  const parsed = parseExpression(source)
  if (parsed.ok) return parsed.expression
  throw new Error(`${source}: ${parsed.errors.map(({ message }) => message).join('; ')}`)
}
