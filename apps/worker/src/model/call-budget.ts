import { TreadleError } from '@treadle/contract'
import type { AttemptKey, Budgets, CallBounds, CallUsage } from '@treadle/storage'

/** What the calls of one attempt count against. */
export type CallBudget = {
  /**
   * Reserves what the next request may take, and resolves to how it is settled: once, however the request ends.
   * @throws TreadleError `budget_exceeded` where a limit of the run would be passed: then the request is not to be made
   */
  reserve(bounds: () => CallBounds): Promise<SettleCall>
}

export type SettleCall = (used: () => CallUsage) => Promise<void>

/** Of a run without limits: nothing is asked, and nothing is told. */
export const NO_BUDGET: CallBudget = { reserve: async () => async () => {} }

/** A call that is stopped is settled all the same; one that cannot be is settled by Postgres once its attempt is over. */
const SETTLE_MS_MAX = 10_000

export type CallBudgetOptions = {
  budgets: Budgets
  attempt: AttemptKey
  /** Of the attempt: nothing is reserved once it has aborted. */
  signal: AbortSignal
  /** Told when a newer attempt has taken over. */
  onFenced: () => void
}

export function createCallBudget({ budgets, attempt, signal, onFenced }: CallBudgetOptions): CallBudget {
  let calls = 0
  return {
    async reserve(bounds) {
      calls += 1
      const key = { ...attempt, call: calls }
      const result = await budgets.reserve(key, bounds(), signal)
      if (result.status === 'fenced') onFenced()
      signal.throwIfAborted()
      if (result.status !== 'refused')
        return (used) => budgets.settle(key, used(), AbortSignal.timeout(SETTLE_MS_MAX)).catch(() => {})
      const { type, message, details } = result.error
      throw new TreadleError(type, message, { details })
    },
  }
}
