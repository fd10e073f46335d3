import { Validator } from '@cfworker/json-schema'
import { handlesIn, type Json, type JsonSchema, type SchemaIndex } from '@treadle/contract'
import { at } from './engine.ts'
import { fail } from './failure.ts'
import type { Site } from './render.ts'

/** Checks a value against a schema of the plan. A value that holds handles is checked by the host, which can load it. */
export async function checkSchema(site: Site, value: Json, index: SchemaIndex | undefined): Promise<void> {
  if (index === undefined) return
  const schema = at(site.engine.plan.schemas, index, 'schema')
  if (handlesIn(value).length > 0) {
    await site.engine.host.evaluate({ path: site.path, expressions: [], template: { lit: value }, scope: {}, schema })
    return
  }
  const problem = mismatch(value, schema)
  if (problem !== undefined) throw fail('invalid_output', problem)
}

/** What is wrong with a value, with its place; undefined where it fits. */
export function mismatch(value: Json, schema: JsonSchema): string | undefined {
  const result = validatorOf(schema).validate(value)
  if (result.valid) return undefined
  // Errors come from the outside in: the last one names the innermost place.
  const inmost = result.errors[result.errors.length - 1]
  const place = inmost?.instanceLocation.replace(/^#/, '') || 'the whole value'
  return `The result does not fit its schema at ${place}: ${inmost?.error ?? 'not allowed'}`
}

// Compiling is pure, and plans are immutable: sharing between runs changes nothing.
const validators = new WeakMap<object, Validator>()

function validatorOf(schema: JsonSchema): Validator {
  if (typeof schema === 'boolean') return new Validator(schema, '2020-12')
  let validator = validators.get(schema)
  if (!validator) {
    // A copy: the library writes into what it is given, which may be shared by all runs, and frozen.
    validator = new Validator(JSON.parse(JSON.stringify(schema)) as JsonSchema, '2020-12')
    validators.set(schema, validator)
  }
  return validator
}
