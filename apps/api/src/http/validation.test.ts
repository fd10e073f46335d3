import { expect, test } from 'vitest'
import { createValidatorCompiler, validationErrors } from './validation.ts'

const compile = createValidatorCompiler()
const numbers = { type: 'object', additionalProperties: false, properties: { n: { type: 'integer', default: 7 } } }
const validate = (httpPart: string, value: unknown) =>
  compile({ schema: numbers, httpPart, method: 'POST', url: '/' } as never)(value)

test('a body is taken as it is', () => {
  expect(validate('body', { n: 1 })).toEqual({ value: { n: 1 } })
  expect(validate('body', { n: '1' })).toHaveProperty('error')
})

test('in the query a text of digits is a number, and a word is not', () => {
  expect(validate('querystring', { n: '10' })).toEqual({ value: { n: 10 } })
  expect(validate('querystring', { n: 'ten' })).toHaveProperty('error')
})

test('what the query leaves out has its default, and a body stays as it is', () => {
  expect(validate('querystring', {})).toEqual({ value: { n: 7 } })
  expect(validate('body', {})).toEqual({ value: {} })
})

test('an unknown field is refused by its name', () => {
  const { error } = validate('body', { n: 1, m: 2 }) as { error: never[] }
  expect(validationErrors(error)).toEqual([
    { path: '', code: 'additionalProperties', message: 'has an unknown field "m"' },
  ])
})
