import { ApplicationFailure } from '@temporalio/common'
import {
  type EvaluateTask,
  type Json,
  type JsonSchema,
  LOADABLE_BYTES_MAX,
  retryDefaults,
  TreadleError,
  toErrorInfo,
} from '@treadle/contract'
import { ExpressionError } from '@treadle/expressions'
import { renderWithHandles } from '../values/render-with-handles.ts'
import type { Schemas } from '../values/schemas.ts'
import { spreadList } from '../values/spread-list.ts'
import type { Values } from '../values/values.ts'

export type EvaluateParts = { values: Values; schemas: Schemas }

export type EvaluateRequest = EvaluateTask & {
  /** What the value has to fit, once loaded; `invalid_output` where it does not. */
  schema?: JsonSchema
  /** A list (or null) that stays one: its items become handles, not the whole. */
  spread?: boolean
}

/**
 * The local activity `evaluate`: renders a template whose expressions read into large values, by the same evaluator as the workflow.
 * A value above 4 MiB is not loaded: that fails with `invalid_request`. What becomes large goes back as a handle.
 */
export function createEvaluate({ values, schemas }: EvaluateParts) {
  return async (request: EvaluateRequest): Promise<{ value: Json }> => {
    const { run, schema, spread, itemBytesMax } = request
    try {
      const value = await renderWithHandles(request, (part) => values.load(run, part, LOADABLE_BYTES_MAX))
      if (schema !== undefined) check(schemas, schema, await values.load(run, value))
      return { value: spread ? await spreadList(run, value, values, itemBytesMax) : await values.keep(run, value) }
    } catch (error) {
      throw toFailure(error)
    }
  }
}

function check(schemas: Schemas, schema: JsonSchema, value: Json): void {
  const problem = schemas.problemOf(schema, value)
  if (problem !== undefined) throw new TreadleError('invalid_output', `The result does not fit its schema: ${problem}`)
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
