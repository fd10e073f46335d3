import type { Node } from './engine/node.ts'
import { type ParsedSource, parseSource } from './engine/parse-source.ts'
import { type Expression, parsedOf } from './expression.ts'
import type { ExpressionIssue } from './issue.ts'
import { type CelType, DYN, describeType, isAssignable, nullable } from './types/cel-type.ts'
import type { Doubles } from './types/doubles.ts'
import { doublesOf } from './types/doubles-of.ts'
import { type Fact, factsOf, narrow, type Variables } from './types/facts.ts'
import { infer } from './types/infer.ts'

export interface CheckEnvironment {
  /** The type of every name in scope; see `typeOfSchema`. */
  variables: Record<string, CelType>
  /** What the result has to be: `BOOL` for a condition, `listOf(DYN)` for a list. Default: anything. */
  expect?: CelType
  /**
   * Conditions, in the same scope, that are known to hold: `nodes.a != null` says that `nodes.a` may be read. Those
   * that do not parse say nothing.
   */
  assume?: string[]
}

export interface CheckResult {
  /** The type of the result; `dyn` where there are issues. */
  type: CelType
  /** All that is wrong, in the order of the source. */
  issues: ExpressionIssue[]
  /** To be passed to `evaluate`, and kept in the plan; undefined when all numbers can be taken by value. */
  doubles?: Doubles
}

/** Checks an expression, or its source, against the types of what it reads, before any of it is there. Never throws. */
export function check(
  expression: string | Expression,
  { variables, expect, assume = [] }: CheckEnvironment,
): CheckResult {
  const known = narrow(new Map(Object.entries(variables)), assume.flatMap(factsOfSource))
  const parsed = parsedOf(expression)
  if (!parsed.ok) return { type: DYN, issues: issuesOf(parsed, known) }

  const { root, references } = parsed.program
  const { type, issues } = inferAll(root, known)
  if (expect && issues.length === 0 && !isAssignable(type, expect))
    issues.push(misfit(type, expect, typeof expression === 'string' ? expression : expression.source))
  const doubles = doublesOf(references, variables)
  return { type, issues, ...(doubles && { doubles }) }
}

function factsOfSource(condition: string): Fact[] {
  const parsed = parseSource(condition)
  return parsed.ok ? factsOf(parsed.program.root, true) : []
}

/** Where only types are wrong, all that is; the library stops at the first. */
function issuesOf({ errors, root }: ParsedSource & { ok: false }, variables: Variables) {
  const issues = root ? inferAll(root, variables).issues : []
  return issues.length > 0 ? issues : errors
}

function inferAll(root: Node, variables: Variables) {
  const issues: ExpressionIssue[] = []
  const type = infer(root, { variables, guarded: false, report: (issue) => issues.push(issue) })
  return { type, issues: issues.sort((a, b) => a.offset - b.offset) }
}

function misfit(type: CelType, expected: CelType, source: string): ExpressionIssue {
  const place = { offset: 0, length: source.length }
  const wanted = describeType(expected)
  if (isAssignable(type, nullable(expected)))
    return { code: 'maybe-missing', message: `this may be null; ${wanted} is needed`, ...place }
  return { code: 'type', message: `${wanted} is needed here, not ${describeType(type)}`, ...place }
}
