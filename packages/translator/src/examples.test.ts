import { readdirSync, readFileSync } from 'node:fs'
import { validatorOf } from '@treadle/contract/validate'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { translate } from './translate.ts'

const folder = new URL('../../../examples/', import.meta.url)
export const EXAMPLES = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))

const MODELS = { 'gpt-5': { maxOutputTokens: 128_000 }, 'gpt-5-mini': { maxOutputTokens: 128_000 } }

test('there are ten examples and the first run', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(11)
})

test.each(EXAMPLES)('$name has no findings, and its plan fits the schema of plans', ({ text }) => {
  const { diagnostics, plan } = translate(text, { models: MODELS })
  expect(diagnostics).toEqual([])
  const validate = validatorOf('plan.v1.schema.json')
  expect(validate(plan), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
})

test.each(EXAMPLES.filter(({ name }) => name !== 'first-run.yaml'))('the input of $name fits it', ({ name, text }) => {
  const input = JSON.parse(readFileSync(new URL(`inputs/${name.replace('.yaml', '.json')}`, folder), 'utf8'))
  const { plan } = translate(text)
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  expect(ajv.validate(plan?.schemas[plan.inputSchema ?? -1] ?? false, input)).toBe(true)
})
