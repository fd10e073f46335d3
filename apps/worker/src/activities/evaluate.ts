import { ApplicationFailure } from '@temporalio/common'
import { type EvaluateTask, type Json, retryDefaults, TreadleError, toErrorInfo } from '@treadle/contract'
import { ExpressionError } from '@treadle/expressions'
import type { EvaluateTemplate } from '../values/evaluate-template.ts'

/** The local activity `evaluate`. */
export const createEvaluate =
  (evaluate: EvaluateTemplate) =>
  async (task: EvaluateTask): Promise<{ value: Json }> => {
    try {
      return { value: await evaluate(task) }
    } catch (error) {
      throw toFailure(error)
    }
  }

/** An outage is waited out by Temporal; anything else would only fail again. */
function toFailure(thrown: unknown): ApplicationFailure {
  const known = thrown instanceof ExpressionError ? new TreadleError('invalid_request', thrown.message) : thrown
  const error = toErrorInfo(known)
  return ApplicationFailure.create({
    type: error.type,
    message: error.message,
    nonRetryable: error.type === 'internal' || !retryDefaults(error.type).retryable,
    details: [{ error, outboxApplied: 0 }],
    ...(known instanceof TreadleError ? {} : { cause: thrown as Error }),
  })
}
