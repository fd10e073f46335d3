import type { JsonSchema } from './model-script.ts'

/**
 * A value that fits a JSON Schema (2020-12), taken from `hint` where that is possible: an enum's value that the hint
 * mentions, an e-mail address that stands in it. Deterministic.
 *
 * It knows type, const, enum, default, examples, properties, required, items, prefixItems, anyOf, oneOf, allOf, local
 * `$ref`, lengths, ranges and the common formats; not `pattern`, `not`, `if` or references to other documents.
 */
export function sampleValue(schema: JsonSchema, hint = ''): unknown {
  return sample(schema, { root: schema, hint, depth: 0 })
}

type Context = { root: JsonSchema; hint: string; depth: number }
type ObjectSchema = Exclude<JsonSchema, boolean>

/** Where a schema refers to itself, the sample has to end somewhere. */
const DEPTH_MAX = 16

function sample(schema: JsonSchema, context: Context): unknown {
  if (typeof schema === 'boolean' || context.depth > DEPTH_MAX) return null
  const deeper = { ...context, depth: context.depth + 1 }
  if (schema.const !== undefined) return schema.const
  if (Array.isArray(schema.enum)) return chooseFrom(schema.enum, context.hint)
  if (schema.default !== undefined) return schema.default
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0]
  if (typeof schema.$ref === 'string') return sample(resolve(schema.$ref, context.root), deeper)
  if (Array.isArray(schema.allOf)) return sample(merge(schema, schema.allOf), deeper)
  const alternatives = schema.anyOf ?? schema.oneOf
  if (Array.isArray(alternatives)) return sample(merge(schema, alternatives.slice(0, 1)), deeper)
  return sampleOfType(typeOf(schema), schema, deeper)
}

function sampleOfType(type: string, schema: ObjectSchema, context: Context): unknown {
  switch (type) {
    case 'object':
      return sampleObject(schema, context)
    case 'array':
      return sampleArray(schema, context)
    case 'string':
      return sampleString(schema, context)
    case 'integer':
    case 'number':
      return sampleNumber(schema, type)
    case 'boolean':
      return true
    default:
      return null
  }
}

function sampleObject(schema: ObjectSchema, context: Context): object {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>
  const required = (schema.required ?? []) as string[]
  // Optional ones too, as models do, but not without end where a schema refers to itself.
  const names = new Set([...required, ...(context.depth < 4 ? Object.keys(properties) : [])])
  return Object.fromEntries([...names].map((name) => [name, sample(properties[name] ?? { type: 'string' }, context)]))
}

function sampleArray(schema: ObjectSchema, context: Context): unknown[] {
  const prefix = (schema.prefixItems ?? []) as JsonSchema[]
  const items = (schema.items ?? true) as JsonSchema
  const least = numberAt(schema, 'minItems') ?? prefix.length
  const wanted = Math.max(least, prefix.length, items === false || context.depth > 6 ? 0 : 1)
  const length = Math.min(wanted, numberAt(schema, 'maxItems') ?? wanted)
  return Array.from({ length }, (_, index) => sample(prefix[index] ?? items, context))
}

function sampleString(schema: ObjectSchema, { hint }: Context): string {
  const format = FORMATS[String(schema.format)]
  if (format) return format(hint)
  const least = numberAt(schema, 'minLength') ?? 0
  const most = numberAt(schema, 'maxLength') ?? Number.POSITIVE_INFINITY
  return (EMAIL.exec(hint)?.[0] ?? 'scripted').padEnd(least, '.').slice(0, most)
}

function sampleNumber(schema: ObjectSchema, type: 'integer' | 'number'): number {
  const step = numberAt(schema, 'multipleOf') ?? (type === 'integer' ? 1 : 0.5)
  const aboveBy = numberAt(schema, 'exclusiveMinimum')
  const belowBy = numberAt(schema, 'exclusiveMaximum')
  const least = aboveBy === undefined ? numberAt(schema, 'minimum') : aboveBy + step
  const most = belowBy === undefined ? numberAt(schema, 'maximum') : belowBy - step
  const wanted = Math.min(Math.max(step, least ?? step), most ?? Number.POSITIVE_INFINITY)
  const onStep = Math.ceil(wanted / step) * step
  return most !== undefined && onStep > most ? onStep - step : onStep
}

const EMAIL = /[\w.+-]+@[\w-]+(\.[\w-]+)+/

const FORMATS: Record<string, (hint: string) => string> = {
  email: (hint) => EMAIL.exec(hint)?.[0] ?? 'someone@example.com',
  'date-time': () => '2026-01-01T00:00:00.000Z',
  date: () => '2026-01-01',
  time: () => '00:00:00Z',
  duration: () => 'PT1M',
  uri: () => 'https://example.com/',
  uuid: () => '01890000-0000-7000-8000-000000000000',
  hostname: () => 'example.com',
  ipv4: () => '192.0.2.1',
}

/** The value that the hint mentions first; else the first of the list. */
function chooseFrom(values: readonly unknown[], hint: string): unknown {
  const text = hint.toLowerCase()
  return (
    values.find((value) => typeof value === 'string' && value !== '' && text.includes(value.toLowerCase())) ?? values[0]
  )
}

function typeOf(schema: ObjectSchema): string {
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type
  if (typeof type === 'string') return type
  if (schema.properties || schema.required) return 'object'
  return schema.items || schema.prefixItems ? 'array' : 'string'
}

/** One schema in the place of a schema and those that it is combined with. */
function merge({ allOf: _, anyOf: __, oneOf: ___, ...base }: ObjectSchema, parts: readonly JsonSchema[]): ObjectSchema {
  const all = [base, ...parts].filter((part) => typeof part !== 'boolean')
  const properties = Object.assign({}, ...all.map((part) => part.properties ?? {}))
  const required = all.flatMap((part) => (part.required ?? []) as string[])
  return {
    ...Object.assign({}, ...all),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  }
}

/** `#/$defs/name` and other pointers into the same document. */
function resolve(reference: string, root: JsonSchema): JsonSchema {
  const segments = reference.replace(/^#\/?/, '').split('/').filter(Boolean)
  const target = segments.reduce<unknown>((value, segment) => {
    const key = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~')
    return (value as Record<string, unknown> | undefined)?.[key]
  }, root)
  return (target ?? true) as JsonSchema
}

const numberAt = (schema: ObjectSchema, keyword: string) =>
  typeof schema[keyword] === 'number' ? schema[keyword] : undefined
