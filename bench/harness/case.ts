import type { Bed } from './bed.ts'

/** Who is measured, and what against: ours; the same by hand on Temporal; the least that any such work can take. */
export type Role = 'ours' | 'baseline' | 'floor'

/** One promise of performance. Each case gives one line or several of the table. */
export type Case = {
  /** `P1`: names its lines in the table, and `npm run bench -- P1` measures it alone. */
  id: string
  title: string
  measure(context: CaseContext): Promise<Line[]>
}

export type CaseContext = {
  /** Small sizes, one round: shows that the case works, and says little about speed. */
  quick: boolean
  /** How many turns each side gets. */
  rounds: number
  /** The servers and the sides; started when first asked for, so a case that needs none starts none. */
  bed: Bed
  say(message: string): void
}

/** One line of the table. Figures are one per round, in the same order for all, so that a ratio can be taken per round. */
export type Line = {
  what: string
  unit: string
  figures: Partial<Record<Role, number[]>>
  budgets: Budget[]
  /** What a part of the work gave that nothing can do without, in the same rounds: a budget that it misses by itself is out of reach. */
  least?: { what: string; values: number[] }
  /** Of a line without a budget: ours as a multiple of something else that was measured. */
  ratio?: { value: number; of: string }
  /** What else was seen, for the notes below the table. */
  notes?: string[]
}

/** A bound for the median of ours: in the unit itself, or as a multiple of the median of another role. */
export type Budget = { atMost: number; of?: 'baseline' | 'floor' } | { atLeast: number; of?: 'baseline' | 'floor' }
