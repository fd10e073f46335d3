import type { Json } from '../json.ts'
import {
  alternatives,
  BOOL,
  type CelType,
  DOUBLE,
  DYN,
  fieldOf,
  INT,
  isAssignable,
  listOf,
  NULL,
  type ObjectType,
  objectOf,
  STRING,
  unionOf,
} from './cel-type.ts'

/** Gives the schema that a `$ref` names, or undefined if there is none. */
export type ResolveRef = (ref: string) => Json | undefined

/**
 * The type of the values that a JSON Schema (2020-12) accepts: `integer` is int, `number` double, a field is `required`
 * or may be missing. Never narrower than the schema, so that what the checker allows stays allowed: keywords that it
 * does not know (`if`, `not`, `dependentSchemas`) are passed over, and a schema inside itself is `dyn`.
 * @param resolveRef default: `#` and JSON Pointers (`#/$defs/a`) into this schema
 */
export function typeOfSchema(schema: Json, resolveRef: ResolveRef = pointerInto(schema)): CelType {
  const open = new Set<Json>()
  let partsLeft = SCHEMA_PARTS_MAX
  return read(schema)

  function read(part: Json | undefined): CelType {
    if (!isObject(part) || open.has(part) || partsLeft-- <= 0) return DYN
    open.add(part)
    const type = [
      readOwn(part),
      ...readRefs(part),
      ...readAll(part.allOf),
      ...readAny(part.anyOf),
      ...readAny(part.oneOf),
    ]
    open.delete(part)
    return type.reduce(intersect)
  }

  function readOwn(part: JsonObject): CelType {
    if (Array.isArray(part.enum)) return intersect(readTypes(part), unionOf(...part.enum.map(typeOfConstant)))
    if (part.const !== undefined) return intersect(readTypes(part), typeOfConstant(part.const))
    return readTypes(part)
  }

  function readTypes(part: JsonObject): CelType {
    const names = typeof part.type === 'string' ? [part.type] : Array.isArray(part.type) ? part.type : []
    if (names.length > 0) return unionOf(...names.map((name) => readType(name, part)))
    if (part.properties || part.required || part.additionalProperties !== undefined) return readObject(part)
    return part.items !== undefined || part.prefixItems ? readList(part) : DYN
  }

  function readType(name: Json, part: JsonObject): CelType {
    if (name === 'object') return readObject(part)
    if (name === 'array') return readList(part)
    return (typeof name === 'string' && SCALARS[name]) || DYN
  }

  function readObject(part: JsonObject): CelType {
    const props = isObject(part.properties)
      ? Object.fromEntries(Object.entries(part.properties).map(([name, prop]) => [name, read(prop)]))
      : {}
    const required = Array.isArray(part.required) ? part.required.filter((name) => typeof name === 'string') : []
    const others = part.additionalProperties ?? part.unevaluatedProperties
    const patterns = isObject(part.patternProperties) ? Object.values(part.patternProperties).map(read) : []
    if (others === false && patterns.length === 0) return objectOf(props, { required, open: false })
    const rest = others === false ? unionOf(...patterns) : unionOf(read(others), ...patterns)
    return objectOf(props, { required, open: true, rest })
  }

  function readList(part: JsonObject): CelType {
    const first = Array.isArray(part.prefixItems) ? part.prefixItems.map(read) : []
    const rest = part.items === false ? [] : [read(part.items)]
    return listOf(unionOf(...first, ...rest))
  }

  function readRefs(part: JsonObject): CelType[] {
    const target = typeof part.$ref === 'string' ? resolveRef(part.$ref) : undefined
    return target === undefined ? [] : [read(target)]
  }

  function readAll(parts: Json | undefined): CelType[] {
    return Array.isArray(parts) ? parts.map(read) : []
  }

  function readAny(parts: Json | undefined): CelType[] {
    return Array.isArray(parts) && parts.length > 0 ? [unionOf(...parts.map(read))] : []
  }
}

/** References that fan out can make a small schema describe a huge type; past this many parts the rest is `dyn`. */
const SCHEMA_PARTS_MAX = 5000

type JsonObject = { [key: string]: Json }

const SCALARS: Record<string, CelType> = { null: NULL, boolean: BOOL, integer: INT, number: DOUBLE, string: STRING }

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function typeOfConstant(value: Json): CelType {
  if (value === null) return NULL
  if (typeof value === 'boolean') return BOOL
  if (typeof value === 'string') return STRING
  if (typeof value === 'number') return Number.isSafeInteger(value) ? INT : DOUBLE
  if (Array.isArray(value)) return listOf(unionOf(...value.map(typeOfConstant)))
  return objectOf(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeOfConstant(item)])))
}

/** The type of what both accept, or the first where that cannot be told. */
function intersect(a: CelType, b: CelType): CelType {
  if (a.kind === 'dyn') return b
  if (b.kind === 'dyn') return a
  if (a.kind === 'object' && b.kind === 'object') return intersectObjects(a, b)
  if (a.kind === 'list' && b.kind === 'list') return listOf(intersect(a.items, b.items))
  const both = alternatives(a).flatMap((x) => alternatives(b).flatMap((y) => meet(x, y)))
  return both.length > 0 ? unionOf(...both) : a
}

function meet(a: CelType, b: CelType): CelType[] {
  if (a.kind === b.kind) return [a.kind === 'object' || a.kind === 'list' ? intersect(a, b) : a]
  // `type: number` with `enum: [1, 2]` holds doubles: the declared type decides, not how the number looks.
  return isAssignable(a, b) ? [b] : isAssignable(b, a) ? [a] : []
}

function intersectObjects(a: ObjectType, b: ObjectType): CelType {
  const fields = [...new Set([...Object.keys(a.props), ...Object.keys(b.props)])]
  const props = fields.flatMap((field): [string, CelType][] => {
    const [x, y] = [fieldOf(a, field), fieldOf(b, field)]
    return x && y ? [[field, intersect(x, y)]] : []
  })
  return objectOf(Object.fromEntries(props), {
    required: [...new Set([...a.required, ...b.required])],
    open: a.open && b.open,
    ...(a.open && b.open && { rest: intersect(a.rest ?? DYN, b.rest ?? DYN) }),
  })
}

/** Finds `#` and `#/a/b` in the schema. */
function pointerInto(root: Json): ResolveRef {
  return (ref) => {
    if (!ref.startsWith('#')) return undefined
    let at: Json | undefined = root
    for (const step of decodeURIComponent(ref.slice(1)).split('/').slice(1)) {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      if (Array.isArray(at)) at = at[Number(key)]
      else if (isObject(at) && Object.hasOwn(at, key)) at = at[key]
      else return undefined
    }
    return at
  }
}
