import { SCHEMAS } from '@treadle/contract/validate'
import type { AnySchemaObject, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'

let compiled: ValidateFunction | undefined

/** The validator of a document, compiled at first use (about 60 ms), once a process. */
export function irValidator(): ValidateFunction {
  compiled ??= new Ajv2020({
    allErrors: true,
    verbose: true,
    discriminator: true,
    strict: false,
    validateFormats: false,
  }).compile(sharpen(SCHEMAS['ir.v1.schema.json']) as AnySchemaObject)
  return compiled
}

/**
 * The schema with each `anyOf` written as if/then/else. It takes the same documents; but a validator that tries every
 * branch of `anyOf` reports the mistakes of all of them, and the author meant one.
 */
function sharpen(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(sharpen)
  if (typeof schema !== 'object' || schema === null) return schema
  const { anyOf, ...rest } = schema as AnySchemaObject
  const result = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, sharpen(value)]))
  if (!Array.isArray(anyOf)) return result
  const [first, second] = anyOf as [AnySchemaObject, AnySchemaObject]
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; this object is never awaited.
  return { ...result, if: conditionOf(first, second), then: sharpen(first), else: sharpen(second) }
}

/** When the first branch is the one that was meant. */
function conditionOf(first: AnySchemaObject, second: AnySchemaObject): AnySchemaObject {
  if (first.$ref === '#/$defs/node') {
    return { not: { type: 'object', required: ['nodes'], properties: { kind: false } } }
  }
  if (first.$ref === '#/$defs/credential') return { type: 'object', required: ['secret'] }
  if (second.type === 'array') return { not: { type: 'array' } }
  if (first.type === 'string') return { not: { type: 'object' } }
  throw new Error(`schemas/ir.v1.schema.json: say in sharpen() when ${JSON.stringify(first)} is meant`)
}
