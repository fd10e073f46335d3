import { type Json, type JsonSchema, TreadleError } from '@treadle/contract'
import type { ResponseFormatJSONSchema } from 'openai/resources/shared'
import { parseForeign } from '../values/foreign-value.ts'
import type { Schemas } from '../values/schemas.ts'

export type ResponseFormat = ResponseFormatJSONSchema

/** How a structured answer is asked for, and read. */
export type StructuredAnswer = {
  format: ResponseFormat
  /** The value of the answer's text. @throws TreadleError `invalid_output`, with a message that a model understands. */
  read(text: string): Json
}

const WRAPPER = 'value'

/**
 * An answer that fits `schema`. The protocol takes only objects: any other schema is asked for as `{ "value": … }`, and an answer
 * is read with or without that wrapper, since not every server keeps to the format.
 */
export function structuredAnswer(schema: JsonSchema, schemas: Schemas): StructuredAnswer {
  const isWrapped = typeof schema !== 'object' || schema.type !== 'object'
  const asked: JsonSchema = isWrapped
    ? { type: 'object', properties: { [WRAPPER]: schema }, required: [WRAPPER], additionalProperties: false }
    : schema
  return {
    format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: asked as Record<string, unknown>, strict: fitsStrict(asked) },
    },
    read(text) {
      const answer = parseForeign(text, 'The answer')
      const value = isWrapped ? unwrap(answer) : answer
      const problem = schemas.problemOf(schema, value, true)
      if (problem !== undefined)
        throw new TreadleError('invalid_output', `The answer does not fit its schema: ${problem}.`)
      return value
    },
  }
}

function unwrap(answer: Json): Json {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer
  const [key, ...others] = Object.keys(answer)
  return key === WRAPPER && others.length === 0 ? (answer[WRAPPER] ?? null) : answer
}

/** Keywords that the strict mode of the protocol takes. */
const STRICT_KEYWORDS = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  'description',
  'title',
  '$defs',
  '$ref',
])

/** Says whether strict mode takes the schema: all objects closed, all their properties required, plain keywords. */
function fitsStrict(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false
  const { type, properties, required, additionalProperties, items, anyOf, $defs } = schema as Record<string, unknown>
  if (!Object.keys(schema).every((keyword) => STRICT_KEYWORDS.has(keyword))) return false
  const inner = [...valuesOf(properties), ...valuesOf($defs), ...(Array.isArray(anyOf) ? anyOf : [])]
  if (items !== undefined) inner.push(items)
  if (!inner.every(fitsStrict)) return false
  if (type !== 'object')
    return type !== undefined || anyOf !== undefined || '$ref' in schema || 'enum' in schema || 'const' in schema
  const names = Object.keys((properties as object | undefined) ?? {})
  return additionalProperties === false && Array.isArray(required) && names.every((name) => required.includes(name))
}

const valuesOf = (record: unknown): unknown[] =>
  typeof record === 'object' && record !== null ? Object.values(record) : []
