import { expect, test } from 'vitest'
import { createAjv, SCHEMAS, validatorOf } from './validate.ts'

test('every document of schemas/ compiles in strict mode', () => {
  for (const id of Object.keys(SCHEMAS)) expect(validatorOf(id), id).toBeTypeOf('function')
})

test('every document of schemas/ is what JSON Schema says that a schema is', () => {
  expect(() => createAjv({ validateSchema: true })).not.toThrow()
  const schemas = [{ type: 'no such type' }]
  expect(() => createAjv({ validateSchema: true, schemas })).toThrow('schema is invalid')
})

test('an envelope is checked, and an unknown field is refused', () => {
  const validate = validatorOf('event.v1.schema.json')
  const event = {
    seq: 1,
    runId: 'run_1',
    type: 'run.created',
    time: '2026-11-24T04:00:00.000Z',
    data: { workflow: 'w' },
  }
  expect(validate(event)).toBe(true)
  expect(validate({ ...event, extra: 1 })).toBe(false)
  expect(validate({ ...event, type: 'run.exploded' })).toBe(false)
  expect(validate({ ...event, type: 'custom.progress' })).toBe(true)
})

test('a run is started by a document or by a stored workflow, not by both', () => {
  const validate = validatorOf('run.v1.schema.json#/$defs/StartRun')
  expect(validate({ ir: {} })).toBe(true)
  expect(validate({ workflow: 'triage@3', input: {} })).toBe(true)
  expect(validate({ ir: {}, workflow: 'triage' })).toBe(false)
  expect(validate({})).toBe(false)
})
