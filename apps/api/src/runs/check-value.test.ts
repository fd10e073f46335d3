import { expect, test } from 'vitest'
import { createCheckValue } from './check-value.ts'

const check = createCheckValue()

test('each place that does not fit is named', () => {
  const schema = { type: 'object', required: ['ok'], properties: { ok: { type: 'boolean' }, note: { type: 'string' } } }
  expect(check(schema, { ok: true })).toEqual([])
  expect(check(schema, { note: 1 }).map(({ path, code }) => `${path} ${code}`)).toEqual([' required', '/note type'])
})

test('without a schema everything fits, but no value passes for a stored one', () => {
  expect(check(undefined, { any: ['thing'] })).toEqual([])
  expect(check(undefined, { list: [{ $blob: { sha256: '0', size: 1 } }] })).toMatchObject([
    { path: '/list/0', code: 'reserved-key' },
  ])
})

test('a pattern that would take for ever elsewhere takes no time', () => {
  expect(check({ type: 'string', pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}!`)).toMatchObject([{ code: 'pattern' }])
})

test('two schemas with the same id do not meet', () => {
  expect(check({ $id: 'x', type: 'string' }, 'a')).toEqual([])
  expect(check({ $id: 'x', type: 'number' }, 1)).toEqual([])
})

test('references inside of the schema are followed', () => {
  expect(check({ $ref: '#/$defs/tier', $defs: { tier: { enum: ['gold'] } } }, 'tin')).toMatchObject([{ code: 'enum' }])
})
