import { parseSource } from './engine/parse-source.ts'
import type { ExpressionIssue } from './issue.ts'
import { type CelType, DYN, describeType, isAssignable, nullable } from './types/cel-type.ts'
import type { Doubles } from './types/doubles.ts'
import { doublesOf } from './types/doubles-of.ts'
import { factsOf, refine } from './types/facts.ts'
import { infer } from './types/infer.ts'

export interface CheckEnvironment {
  /** The type of every name in scope; see `typeOfSchema`. */
  variables: Record<string, CelType>
  /** What the result has to be: `BOOL` for a condition, `listOf(DYN)` for a list. Default: anything. */
  expect?: CelType
  /** Conditions, in the same scope, that are known to hold: `nodes.a != null` says that `nodes.a` may be read. Those that do not parse say nothing. */
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

/** Checks an expression against the types of what it reads, before any of it is there. Never throws. */
export function check(source: string, { variables, expect, assume = [] }: CheckEnvironment): CheckResult {
  const parsed = parseSource(source)
  if (!parsed.ok) return { type: DYN, issues: parsed.errors }

  const issues: ExpressionIssue[] = []
  const type = infer(parsed.program.root, {
    variables: assuming(assume, new Map(Object.entries(variables))),
    guarded: false,
    report: (issue) => issues.push(issue),
  })
  if (expect && issues.length === 0 && !isAssignable(type, expect)) issues.push(misfit(type, expect, source))
  issues.sort((a, b) => a.offset - b.offset)
  const doubles = doublesOf(parsed.program.references, variables)
  return { type, issues, ...(doubles && { doubles }) }
}

function misfit(type: CelType, expected: CelType, source: string): ExpressionIssue {
  const place = { offset: 0, length: source.length }
  const wanted = describeType(expected)
  if (isAssignable(type, nullable(expected)))
    return { code: 'maybe-missing', message: `this may be null; ${wanted} is needed`, ...place }
  return { code: 'type', message: `${wanted} is needed here, not ${describeType(type)}`, ...place }
}

/** The types of the variables, as narrowed by conditions that hold. */
function assuming(conditions: string[], variables: Map<string, CelType>): Map<string, CelType> {
  for (const condition of conditions) {
    const parsed = parseSource(condition)
    const facts = parsed.ok ? factsOf(parsed.program.root, true) : []
    for (const { path, is } of facts) {
      const [name = '', ...below] = path
      const type = variables.get(name)
      if (type) variables.set(name, refine(type, below, is))
    }
  }
  return variables
}
