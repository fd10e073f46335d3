/** What the value of a keyword of JSON Schema 2020-12 has to be. */
export type KeywordShape =
  | 'schema'
  | 'schemas'
  | 'schemaMap'
  | 'count'
  | 'number'
  | 'positive'
  | 'text'
  | 'pattern'
  | 'boolean'
  | 'names'
  | 'namesMap'
  | 'type'
  | 'list'
  | 'any'
  | 'refused'

/** The keywords of the 2020-12 vocabularies (core, applicator, unevaluated, validation, meta-data, format, content). */
export const KEYWORDS: Record<string, KeywordShape> = {
  $ref: 'text',
  $defs: 'schemaMap',
  $comment: 'text',
  $schema: 'text',
  // A schema that changes what `$ref` means could lead outside of itself.
  $id: 'refused',
  $anchor: 'refused',
  $dynamicRef: 'refused',
  $dynamicAnchor: 'refused',
  $vocabulary: 'refused',
  $data: 'refused',
  definitions: 'schemaMap',
  prefixItems: 'schemas',
  items: 'schema',
  contains: 'schema',
  additionalProperties: 'schema',
  properties: 'schemaMap',
  patternProperties: 'schemaMap',
  dependentSchemas: 'schemaMap',
  propertyNames: 'schema',
  if: 'schema',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; this object is never awaited.
  then: 'schema',
  else: 'schema',
  allOf: 'schemas',
  anyOf: 'schemas',
  oneOf: 'schemas',
  not: 'schema',
  unevaluatedItems: 'schema',
  unevaluatedProperties: 'schema',
  type: 'type',
  const: 'any',
  enum: 'list',
  multipleOf: 'positive',
  maximum: 'number',
  exclusiveMaximum: 'number',
  minimum: 'number',
  exclusiveMinimum: 'number',
  maxLength: 'count',
  minLength: 'count',
  pattern: 'pattern',
  maxItems: 'count',
  minItems: 'count',
  uniqueItems: 'boolean',
  maxContains: 'count',
  minContains: 'count',
  maxProperties: 'count',
  minProperties: 'count',
  required: 'names',
  dependentRequired: 'namesMap',
  title: 'text',
  description: 'text',
  default: 'any',
  deprecated: 'boolean',
  readOnly: 'boolean',
  writeOnly: 'boolean',
  examples: 'list',
  format: 'text',
  contentEncoding: 'text',
  contentMediaType: 'text',
  contentSchema: 'schema',
}

export const TYPE_NAMES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
