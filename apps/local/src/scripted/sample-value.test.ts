import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { JsonSchema } from './model-script.ts'
import { sampleValue } from './sample-value.ts'

const object = (properties: Record<string, JsonSchema>, required = Object.keys(properties)) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
})

const tree = {
  $ref: '#/$defs/tree',
  $defs: { tree: object({ children: { type: 'array', items: { $ref: '#/$defs/tree' } } }) },
}

test.each<[string, JsonSchema]>([
  [
    'an object of every simple type',
    object({ a: { type: 'string' }, b: { type: 'integer' }, c: { type: 'boolean' }, d: { type: 'null' } }),
  ],
  ['an object whose required property has no schema', { type: 'object', required: ['free'] }],
  ['a constant', { const: { fixed: true } }],
  ['an enum', { enum: ['bug', 'billing'] }],
  ['a string with a length', { type: 'string', minLength: 30, maxLength: 40 }],
  ['a short string', { type: 'string', maxLength: 3 }],
  ['a range', { type: 'integer', minimum: 10, maximum: 12 }],
  ['an open range', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
  ['a multiple', { type: 'integer', multipleOf: 5, minimum: 7 }],
  ['a negative range', { type: 'integer', maximum: -3 }],
  ['a list with a least length', { type: 'array', minItems: 3, items: { type: 'string' } }],
  ['a list that is empty', { type: 'array', maxItems: 0, items: { type: 'string' } }],
  ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false }],
  ['alternatives', { anyOf: [object({ kind: { const: 'a' } }), object({ kind: { const: 'b' } })] }],
  ['a combination', { allOf: [{ type: 'object', properties: { a: { type: 'integer' } } }, { required: ['a', 'b'] }] }],
  ['a nullable type', { type: ['null', 'string'] }],
  ['a reference', { $ref: '#/$defs/x', $defs: { x: object({ n: { type: 'integer' } }) } }],
  ['a schema without a type', object({ a: {} })],
  ['a schema that refers to itself', tree],
])('the sample fits %s', (_name, schema) => {
  const fits = new Ajv2020({ strict: false }).compile(schema)
  fits(sampleValue(schema))
  expect(fits.errors).toBeNull()
})

test('an enum takes the value that the hint mentions', () => {
  expect(sampleValue({ enum: ['bug', 'billing'] }, 'A question about Billing')).toBe('billing')
})

test('an e-mail address is taken from the hint', () => {
  expect(sampleValue(object({ email: { type: 'string', format: 'email' } }), 'I am ada@example.com.')).toEqual({
    email: 'ada@example.com',
  })
})
