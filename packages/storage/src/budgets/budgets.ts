import type { Pool } from 'pg'
import type { AttemptKey, Refusal } from '../appender/types.ts'
import { persistentQuery } from '../database/persist.ts'
import { sharedStatement } from '../database/shared-statement.ts'

/** One request to a model. `call` counts those of an attempt from 1. */
export type CallKey = AttemptKey & { call: number }

/** What a request holds, and what its answer may have at most; undefined where nobody knows. Money in US dollars. */
export type CallBounds = {
  requestTokens: number
  answerTokens: number | undefined
  requestUsd: number | undefined
  answerUsd: number | undefined
}

export type CallUsage = { tokens: number; usd: number | undefined }

/** `fenced`: the attempt is not the newest of a node that runs. */
export type ReserveResult = { status: 'reserved' } | { status: 'fenced' } | ({ status: 'refused' } & Refusal)

/**
 * Budgets of runs (routines/4_budgets.sql): a call is reserved before it is made, and settled by what it took. Both may be repeated, and an
 * outage is waited out until `signal` aborts. Only for attempts whose claim is `limited`.
 */
export type Budgets = {
  reserve(key: CallKey, bounds: CallBounds, signal: AbortSignal): Promise<ReserveResult>
  settle(key: CallKey, used: CallUsage, signal: AbortSignal): Promise<void>
}

/** `pool`: connections of a login in `treadle_worker`. */
export const createBudgets = ({ pool }: { pool: Pool }): Budgets => ({
  reserve(key, { requestTokens, answerTokens, requestUsd, answerUsd }, signal) {
    const values = [...keyOf(key), requestTokens, answerTokens ?? null, requestUsd ?? null, answerUsd ?? null]
    return persistentQuery<ReserveResult>(pool, sharedStatement('treadle reserve', values), signal)
  },
  async settle(key, { tokens, usd }, signal) {
    const values = [...keyOf(key), tokens, usd ?? null]
    await persistentQuery(pool, sharedStatement('treadle settle', values), signal)
  },
})

const keyOf = ({ run, path, attempt, call }: CallKey) => [run.tenant, run.id, path, attempt, call]
