import type { ErrorInfo } from './generated/types.ts'

/** `details` of a `budget_exceeded`: which limit of which run, how much was used or reserved, and how much more was wanted. */
export type BudgetDetails = {
  limit: 'duration' | 'nodeRuns' | 'llmCalls' | 'tokens' | 'costUsd'
  max: number
  used: number
  wanted: number
  run: string
  onExceeded: 'fail' | 'pause'
}

/** Says whether the run is to be paused by this error until a person raises the limit; what met it is tried again then. */
export const pausesRun = ({ type, details }: ErrorInfo): boolean =>
  type === 'budget_exceeded' && (details as Partial<BudgetDetails> | undefined)?.onExceeded === 'pause'
