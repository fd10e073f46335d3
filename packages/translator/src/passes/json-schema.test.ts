import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { found } from '../testing/check.ts'
import { findingsOfSchema } from './json-schema.ts'
import { KEYWORDS } from './schema-keywords.ts'

const of = (inputSchema: unknown) =>
  found({ ir: 'treadle/v1', name: 'test', inputSchema, nodes: { a: { kind: 'set', value: '${input}' } } })

test('references stay inside, lead somewhere, and do not go in circles', () => {
  expect(of({ $ref: '#/$defs/a', $defs: { a: { type: 'string' } } })).toEqual([])
  expect(of({ $ref: 'other.json' })).toEqual(['schema-ref /inputSchema/$ref'])
  expect(of({ $ref: '#/$defs/b', $defs: { a: {} } })).toEqual(['schema-ref /inputSchema/$ref'])
  expect(of({ $ref: '#' })).toEqual(['schema-ref /inputSchema/$ref'])
  expect(of({ $id: 'http://elsewhere/' })).toEqual(['schema-invalid /inputSchema/$id'])
  expect(of({ type: 'object', properties: { next: { $ref: '#' } } })).toEqual([])
})

test('schemas that come to billions are refused before anybody goes through them', () => {
  const doubled: Record<string, unknown> = { a30: { type: 'string' } }
  for (let i = 0; i < 30; i++)
    doubled[`a${i}`] = { anyOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] }
  expect(of({ $ref: '#/$defs/a0', $defs: doubled })).toEqual(['schema-too-large /inputSchema'])

  const names = Array.from({ length: 14 }, (_, i) => `b${i}`)
  const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]))
  const mutual = Object.fromEntries(names.map((name) => [name, { type: 'object', properties: all }]))
  expect(of({ $ref: '#/$defs/b0', $defs: mutual })).toEqual(['schema-too-large /inputSchema'])
})

test('patterns are linear in the text', () => {
  expect(of({ type: 'string', pattern: '^(a+)+$' })).toEqual([]) // harmless in RE2
  expect(of({ type: 'string', pattern: '(a)\\1' })).toEqual(['schema-pattern /inputSchema/pattern'])
  expect(of({ type: 'object', patternProperties: { '(?!x)': {} } })).toEqual([
    'schema-pattern /inputSchema/patternProperties/(?!x)',
  ])
})

test('says of any keyword with any value what the meta-schema says', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  // Those that we refuse where the meta-schema would not, and `$schema`, which names another one.
  const keywords = Object.keys(KEYWORDS).filter(
    (name) => !/^\$(ref|id|anchor|dynamic|vocab|schema|data)/.test(name) && !/attern|definitions|content/.test(name),
  )
  const value = fc.oneof(
    fc.constantFrom(
      null,
      true,
      -1,
      0,
      1.5,
      'text',
      'object',
      [],
      {},
      ['a', 'a'],
      ['string'],
      [{}],
      { a: {} },
      { a: 1 },
      { a: ['b'] },
    ),
  )
  fc.assert(
    fc.property(fc.constantFrom(...keywords), value, (keyword, each) => {
      const schema = { [keyword]: each }
      const ours = findingsOfSchema(schema, '', 32).filter(({ code }) => code !== 'schema-keyword').length === 0
      expect({ schema, fits: ours }).toEqual({ schema, fits: ajv.validateSchema(schema) })
    }),
    { numRuns: 2000, seed: 1 },
  )
})
