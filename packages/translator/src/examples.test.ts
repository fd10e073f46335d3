import { validatorOf } from '@treadle/contract/validate'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { EXAMPLES, inputOf, MODELS } from './testing/examples.ts'
import { translate } from './translate.ts'

test('there are ten examples and the first run', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(11)
})

test.each(EXAMPLES)('$name has no findings, and its plan fits the schema of plans', ({ text }) => {
  const { diagnostics, plan, bounds } = translate(text, { models: MODELS })
  expect(diagnostics).toEqual([])
  check('plan.v1.schema.json', plan)
  check('bounds.v1.schema.json', bounds)
})

test.each(EXAMPLES)('the input of $name fits it', ({ name, text }) => {
  const { plan } = translate(text)
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  expect(ajv.validate(plan?.schemas[plan.inputSchema ?? -1] ?? false, inputOf(name))).toBe(true)
})

function check(schema: string, value: unknown): void {
  const validate = validatorOf(schema)
  expect(validate(value), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
}
