import {
  type EvaluateTask,
  type Json,
  type JsonSchema,
  LOADABLE_BYTES_MAX,
  placesOfHandles,
  replaceHandles,
  TreadleError,
} from '@treadle/contract'
import { renderWithHandles } from './render-with-handles.ts'
import type { Schemas } from './schemas.ts'
import { spreadList } from './spread-list.ts'
import type { Values } from './values.ts'

export type EvaluateParts = { values: Values; schemas: Schemas }

/** Renders a template whose expressions read into large values, by the same evaluator as the workflow. */
export type EvaluateTemplate = (task: EvaluateTask) => Promise<Json>

/**
 * A value above 4 MiB is not loaded: that fails with `invalid_request`. What becomes large is given as a handle.
 * @throws TreadleError, ExpressionError
 */
export function createEvaluateTemplate({ values, schemas }: EvaluateParts): EvaluateTemplate {
  return async (task) => {
    const { run, schema, spread, itemBytesMax } = task
    const value = await renderWithHandles(task, (part) => values.load(run, part, LOADABLE_BYTES_MAX))
    if (schema !== undefined) check(schemas, schema, await values.loadFitting(run, value))
    return spread ? spreadList(run, value, values, itemBytesMax) : values.keep(run, value)
  }
}

function check(schemas: Schemas, schema: JsonSchema, value: Json): void {
  // What can only be passed on is not looked into.
  const unread = placesOfHandles(value)
  const read = replaceHandles(value, () => null)
  const problem = unread.length > 0 ? schemas.problemWithout(schema, read, unread) : schemas.problemOf(schema, value)
  if (problem !== undefined) throw new TreadleError('invalid_output', `The result does not fit its schema: ${problem}`)
}
