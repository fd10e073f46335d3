import type { Budget, Line, Role } from './case.ts'
import { median, type Spread, spreadOf } from './statistics.ts'

/** One budget of one line, with what came out. `ours` is missing where our side did not run. */
export type Verdict = {
  budget: string
  /** Ours ÷ the other, or ours itself where the budget is absolute. */
  value?: number
  met?: boolean
  /** Of one that is not met, where not even `Line.least` would meet it: what that is, and its value. */
  outOfReach?: { what: string; value: number }
}

export type JudgedLine = { line: Line; spreads: Partial<Record<Role, Spread>>; verdicts: Verdict[] }

const NAMES = { baseline: 'hand-written', floor: 'floor' }

export function judge(line: Line): JudgedLine {
  const entries = Object.entries(line.figures).filter(([, values]) => values.length > 0)
  const spreads = Object.fromEntries(entries.map(([role, values]) => [role, spreadOf(values)])) as JudgedLine['spreads']
  return { line, spreads, verdicts: line.budgets.map((budget) => verdictOf(budget, line)) }
}

function verdictOf(budget: Budget, { figures, unit, least }: Line): Verdict {
  const [sign, bound] = 'atMost' in budget ? ['≤', budget.atMost] : ['≥', budget.atLeast]
  const text = budget.of ? `${sign} ${bound} × ${NAMES[budget.of]}` : `${sign} ${bound} ${unit}`.trim()
  const ours = figures.ours ?? []
  const other = budget.of ? (figures[budget.of] ?? []) : undefined
  if (ours.length === 0 || other?.length === 0) return { budget: text }
  const ratioOf = (values: readonly number[]) => (other ? median(values) / median(other) : median(values))
  const isMet = (value: number) => ('atMost' in budget ? value <= bound : value >= bound)
  const value = ratioOf(ours)
  const met = isMet(value)
  if (met || !least || isMet(ratioOf(least.values))) return { budget: text, value, met }
  return { budget: text, value, met, outOfReach: { what: least.what, value: ratioOf(least.values) } }
}
