import { type Json, type JsonSchema, type RunRef, TreadleError } from '@treadle/contract'
import type { Redactor } from '../secrets/redactor.ts'
import { checkForeign } from '../values/foreign-value.ts'
import type { Schemas } from '../values/schemas.ts'
import { storableValue } from '../values/storable.ts'
import type { Values } from '../values/values.ts'

export type FinishOutput = (
  run: RunRef,
  output: Json,
  options?: { schema?: JsonSchema | undefined; checked?: boolean | undefined; bytesMax?: number; signal?: AbortSignal },
) => Promise<Json>

/**
 * Makes of what a tool or a model gave the output that is stored: JSON without forged handles and secrets, that fits the node's
 * `outputSchema`, and is a handle where it is above `bytesMax`, default 16 KiB. @throws TreadleError `invalid_output`
 */
export function createFinishOutput(parts: { redactor: Redactor; schemas: Schemas; values: Values }): FinishOutput {
  const { redactor, schemas, values } = parts
  return async (run, output, { schema, checked = false, bytesMax, signal } = {}) => {
    checkForeign(output, 'The result')
    if (schema !== undefined && !checked) {
      const problem = schemas.problemOf(schema, output)
      if (problem !== undefined)
        throw new TreadleError('invalid_output', `The result does not fit its schema: ${problem}.`)
    }
    const redacted = redactor.json(output)
    const json = JSON.stringify(redacted)
    const clean = storableValue(redacted, json)
    return values.keep(run, clean, {
      json: clean === redacted ? json : JSON.stringify(clean),
      ...(bytesMax !== undefined && { bytesMax }),
      signal,
    })
  }
}
