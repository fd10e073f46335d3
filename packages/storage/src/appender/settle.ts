import { type ErrorInfo, type Json, toErrorInfo } from '@treadle/contract'
import { SealedError } from '../sealing/sealed-error.ts'
import type { Sealer } from '../sealing/sealer.ts'
import type { Batch } from './batch.ts'
import type { BatchAnswer } from './statement.ts'
import type { ClaimResult } from './types.ts'

/** Hands each call of a committed batch its result. */
export function settle({ attempts, claims, records }: Batch, answer: BatchAnswer, sealer: Sealer): void {
  const runOf = (index: number) => {
    const [lastSeq, outboxApplied, cancelRequested, pauseRequested, ended, refusal, usage] =
      answer.runs[index] ?? NO_RUN
    const exceeded = refusal && { exceeded: { error: refusal.error } }
    return {
      lastSeq,
      outboxApplied,
      cancelRequested,
      pauseRequested,
      ended,
      more: { ...exceeded, ...(usage && { usage }) },
    }
  }
  for (const [index, { run, items }] of attempts.entries()) {
    const { lastSeq, cancelRequested, pauseRequested } = runOf(run)
    const result = { accepted: answer.accepted?.[index] ?? false, lastSeq, cancelRequested, pauseRequested }
    for (const { call } of items) call.resolve(result)
  }
  for (const [index, { run, item }] of claims.entries()) {
    const { outboxApplied, cancelRequested, pauseRequested } = runOf(run)
    const claim = answer.claims?.[index]
    const flags = claim?.status === 'claimed' ? { cancelRequested, pauseRequested } : {}
    const place = { tenant: item.run.tenant, run: item.run.id, path: item.path }
    try {
      // The function builds exactly the members of the union; a usage that is null was not given.
      item.call.resolve({ ...opened(withoutNulls(claim)), ...flags, outboxApplied } as ClaimResult)
    } catch (error) {
      // Whoever has the key may take it; what was changed stays so, for everybody.
      const isLost = error instanceof SealedError && !error.isKeyMissing
      if (isLost) item.call.resolve({ status: 'failed', error: toErrorInfo(error, item.path), outboxApplied })
      else item.call.reject(error as Error)
    }

    function opened(found: { output?: Json; error?: ErrorInfo }): object {
      return {
        ...found,
        ...('output' in found && { output: sealer.open(place, found.output ?? null) }),
        ...('error' in found && { error: sealer.open(place, found.error as Json) }),
      }
    }
  }
  for (const { run, item } of records) {
    const { outboxApplied, cancelRequested, pauseRequested, ended, more } = runOf(run)
    item.call.resolve({ outboxApplied, cancelRequested, pauseRequested, ended, ...more })
  }
}

const NO_RUN: BatchAnswer['runs'][number] = [0, 0, false, false, true, null, null]

function withoutNulls(claim: object | undefined): object {
  return Object.fromEntries(Object.entries(claim ?? {}).filter(([key, value]) => value !== null || key === 'output'))
}
