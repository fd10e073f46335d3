import { expect, test } from 'vitest'
import type { Json } from '../json.ts'
import { alternatives, type CelType } from './cel-type.ts'
import { typeOfSchema } from './type-of-schema.ts'

test('scalars, lists and unions', () => {
  check({ type: 'integer' }, 'int')
  check({ type: 'number' }, 'double')
  check({ type: ['string', 'null'] }, 'string|null')
  check({ type: 'array', items: { type: 'boolean' } }, '[bool]')
  check({ type: 'array', prefixItems: [{ type: 'string' }], items: false }, '[string]')
  check({ type: 'array', prefixItems: [{ type: 'string' }] }, '[dyn]')
  check({ items: { type: 'string' } }, '[string]')
  check({ anyOf: [{ type: 'string' }, { type: 'integer' }] }, 'string|int')
  check({ oneOf: [{ type: 'string' }, true] }, 'dyn')
})
test('no schema is anything', () => {
  for (const schema of [true, false, {}, { description: 'x' }]) check(schema, 'dyn')
})
test('objects say what is required, and whether there may be more', () => {
  check(
    { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: { type: 'integer' } } },
    '{a:string b?:int ...dyn}',
  )
  check({ type: 'object', properties: {}, additionalProperties: false }, '{}')
  check({ type: 'object', additionalProperties: { type: 'number' } }, '{...double}')
  check({ type: 'object', additionalProperties: false, patternProperties: { '^x': { type: 'string' } } }, '{...string}')
  check({ properties: { a: {} }, unevaluatedProperties: false }, '{a?:dyn}')
})
test('enum and const are of the types of their values, where the declared type allows them', () => {
  check({ enum: ['a', null, 1] }, 'string|null|int')
  check({ const: 1.5 }, 'double')
  check({ type: 'number', enum: [1, 2] }, 'double')
  check({ type: 'string', enum: ['a', 1] }, 'string')
})
test('allOf, $ref and siblings hold together', () => {
  check(
    { allOf: [{ type: 'object', required: ['a'], properties: { a: { type: 'string' } } }, { required: ['b'] }] },
    '{a:string ...dyn}',
  )
  check({ $ref: '#/$defs/id', $defs: { id: { type: 'integer' } } }, 'int')
  check(
    { type: 'object', properties: { a: { type: 'string' } }, anyOf: [{ required: ['a'] }, { type: 'null' }] },
    '{a:string ...dyn}',
  )
  check({ $ref: '#/$defs/a~1b', $defs: { 'a/b': { type: 'null' } } }, 'null')
})
test('a schema inside itself, one that is not there, and one that fans out end', () => {
  check({ type: 'object', properties: { next: { $ref: '#' } }, additionalProperties: false }, '{next?:dyn}')
  check({ $ref: '#/$defs/none' }, 'dyn')
  check({ $ref: 'https://example.com/x' }, 'dyn')
  const $defs = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => {
      const $ref = `#/$defs/d${i + 1}`
      return [`d${i}`, { type: 'object', properties: { a: { $ref }, b: { $ref } } }]
    }),
  )
  expect(typeOfSchema({ $ref: '#/$defs/d0', $defs }).kind).toBe('object')
})
test('a reference is resolved by the caller, who knows the document', () => {
  const type = typeOfSchema({ $ref: 'ticket' }, (ref) => (ref === 'ticket' ? { type: 'string' } : undefined))
  expect(print(type)).toBe('string')
})

function check(schema: Json, expected: string) {
  expect(print(typeOfSchema(schema))).toBe(expected)
}

function print(type: CelType): string {
  if (type.kind === 'union') return alternatives(type).map(print).join('|')
  if (type.kind === 'list') return `[${print(type.items)}]`
  if (type.kind !== 'object') return type.kind
  const fields = Object.entries(type.props).map(
    ([name, prop]) => `${name}${type.required.includes(name) ? '' : '?'}:${print(prop)}`,
  )
  return `{${[...fields, ...(type.open ? [`...${print(type.rest ?? { kind: 'dyn' })}`] : [])].join(' ')}}`
}
