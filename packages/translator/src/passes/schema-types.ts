import { type CelType, type Json, typeOfSchema } from '@treadle/expressions'

const types = new WeakMap<object, CelType>()

/** The type of what a JSON Schema of the document takes; worked out once for each schema. */
export function schemaType(schema: object): CelType {
  const known = types.get(schema)
  if (known) return known
  const type = typeOfSchema(schema as Json)
  types.set(schema, type)
  return type
}
