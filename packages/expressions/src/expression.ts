import { type ParsedSource, type Program, parseSource } from './engine/parse-source.ts'
import { run } from './engine/run.ts'
import { ExpressionError } from './expression-error.ts'
import type { ExpressionIssue } from './issue.ts'
import type { Json } from './json.ts'
import type { Reference } from './references.ts'
import type { Doubles } from './types/doubles.ts'

/** A parsed expression. The same source gives the same values for the same scope, on every machine, at any time. */
export interface Expression {
  readonly source: string
  /** See `references()`. */
  readonly references: readonly Reference[]
  /**
   * The value for these variables. Reads of the scope only what it refers to, and changes nothing of it.
   * @param doubles where numbers are doubles although they look like ints, as `check` gives it; none: by value
   * @throws ExpressionError and nothing else
   */
  evaluate(scope: Record<string, Json>, doubles?: Doubles): Json
}

export type ParseResult = { ok: true; expression: Expression } | { ok: false; errors: ExpressionIssue[] }

/**
 * Parses CEL. What is wrong whatever the scope (`1 + "a"`) is found here; what depends on the types of the variables
 * is `check`'s. Results are remembered by source.
 */
export function parseExpression(source: string): ParseResult {
  const parsed = parseSource(source)
  return parsed.ok ? { ok: true, expression: createExpression(source, parsed.program) } : parsed
}

/** Every root and static path that the expression reads, in the order of the source. */
export const references = (expression: Expression): readonly Reference[] => expression.references

function createExpression(source: string, program: Program): Expression {
  const [only] = program.references
  const expression: Expression = {
    source,
    references: program.references,
    evaluate: only?.whole ? (scope) => readPath(scope, only) : (scope, doubles) => run(program, scope, doubles),
  }
  programs.set(expression, program)
  return expression
}

const programs = new WeakMap<Expression, Program>()

/** The tree of an expression, for the checker: parsed once, also where more sources are in use than are remembered. */
export function parsedOf(source: string | Expression): ParsedSource {
  const program = typeof source === 'string' ? undefined : programs.get(source)
  return program ? { ok: true, program } : parseSource(typeof source === 'string' ? source : source.source)
}

/** An expression that only passes a value on needs no CEL: the value stays as it is, however large. */
function readPath(scope: Record<string, Json>, { path, offset, length }: Reference): Json {
  let value: Json = scope
  for (const [i, name] of path.entries()) {
    const inner: Json | undefined = fieldOf(value, name)
    if (inner === undefined) throw new ExpressionError('missing', missingMessage(path, i, value), { offset, length })
    value = inner
  }
  return value
}

const fieldOf = (value: Json, name: string) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined

function missingMessage(path: string[], at: number, parent: Json): string {
  const [name, above] = [path[at], path.slice(0, at).join('.')]
  if (at === 0) return `there is no ${name} in scope`
  return parent === null ? `${above} is null, so it has no ${name}` : `${above} has no ${name}`
}
