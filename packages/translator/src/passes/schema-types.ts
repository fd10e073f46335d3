import { type CelType, DYN, type Json, typeOfSchema } from '@treadle/expressions'
import { isExplosive } from './schema-size.ts'

const types = new WeakMap<object, CelType>()

/** The type of what a JSON Schema of the document takes; worked out once for each schema. Of one that is too large: anything. */
export function schemaType(schema: object): CelType {
  const known = types.get(schema)
  if (known) return known
  const type = isExplosive(schema) ? DYN : typeOfSchema(schema as Json)
  types.set(schema, type)
  return type
}
