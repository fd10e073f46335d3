import type { Budget, Line, Role } from './case.ts'
import { median, type Spread, spreadOf } from './statistics.ts'

/** One budget of one line, with what came out. `ours` is missing where our side did not run. */
export type Verdict = {
  budget: string
  /** Ours ÷ the other, or ours itself where the budget is absolute. */
  value?: number
  met?: boolean
}

export type JudgedLine = { line: Line; spreads: Partial<Record<Role, Spread>>; verdicts: Verdict[] }

const NAMES = { baseline: 'hand-written', floor: 'floor' }

export function judge(line: Line): JudgedLine {
  const entries = Object.entries(line.figures).filter(([, values]) => values.length > 0)
  const spreads = Object.fromEntries(entries.map(([role, values]) => [role, spreadOf(values)])) as JudgedLine['spreads']
  return { line, spreads, verdicts: line.budgets.map((budget) => verdictOf(budget, line)) }
}

function verdictOf(budget: Budget, { figures, unit }: Line): Verdict {
  const [sign, bound] = 'atMost' in budget ? ['≤', budget.atMost] : ['≥', budget.atLeast]
  const text = budget.of ? `${sign} ${bound} × ${NAMES[budget.of]}` : `${sign} ${bound} ${unit}`.trim()
  const ours = figures.ours ?? []
  const other = budget.of ? (figures[budget.of] ?? []) : undefined
  if (ours.length === 0 || other?.length === 0) return { budget: text }
  const value = other ? median(ours) / median(other) : median(ours)
  return { budget: text, value, met: 'atMost' in budget ? value <= bound : value >= bound }
}
