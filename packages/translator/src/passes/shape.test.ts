import { SCHEMAS } from '@treadle/contract/validate'
import { expect, test } from 'vitest'
import { found, yaml } from '../testing/check.ts'
import { translate } from '../translate.ts'

test('a misspelt field is one finding, with the name that was meant', () => {
  const { diagnostics } = translate(
    yaml('models: { fast: { provider: openai, model: m } }\nnodes:\n  a: { kind: llm, modell: fast, prompt: Hi }'),
  )
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toMatchObject([
    { code: 'unknown-field', path: '/nodes/a/modell', hint: 'did you mean "model"?' },
  ])
})

test('all findings come at once, also of passes that come later', () => {
  expect(
    found(
      yaml(`
nodes:
  a: { kind: set, value: "\${nodes.b +}" }
  b: { kind: sett }
  c: { kind: set, value: "\${nodes.x}", colour: red }
  d: { kind: loop, max: 3, do: { kind: set, value: "\${stat}" } }`),
    ),
  ).toEqual([
    'expression-syntax /nodes/a/value',
    'unknown-kind /nodes/b/kind',
    'unknown-node /nodes/c/value',
    'unknown-field /nodes/c/colour',
    'unknown-name /nodes/d/do/value',
  ])
})

test('a mistake inside of a body is told there, and not of what is around it', () => {
  expect(found(yaml('nodes:\n  a: { kind: loop, max: 2, do: { nodes: { b: { kind: set } } } }'))).toEqual([
    'missing-field /nodes/a/do/nodes/b',
  ])
  expect(found(yaml('nodes:\n  a: { kind: loop, max: 2, do: { vaule: 1 } }'))).toEqual(['missing-field /nodes/a/do'])
})

test('a wrong field of the common part does not make the others unknown', () => {
  expect(found(yaml('nodes:\n  a: { kind: set, value: 1, description: 5, timeout: 1s }'))).toEqual([
    'wrong-type /nodes/a/description',
  ])
})

test('every field of the schema has a description and an example', () => {
  const bare: string[] = []
  const schema = SCHEMAS['ir.v1.schema.json'] as Part
  const resolve = (part: Part): Part =>
    part.$ref?.startsWith('#/$defs/') ? (schema.$defs?.[part.$ref.slice(8)] ?? {}) : {}
  const visit = (part: unknown, at: string): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [name, field] of Object.entries((part as Part).properties ?? {})) {
      const both = { ...resolve(field), ...field }
      if (both.description === undefined || both.examples === undefined) bare.push(`${at}/${name}`)
    }
    for (const [key, value] of Object.entries(part)) if (key !== 'examples') visit(value, `${at}/${key}`)
  }
  visit(schema, '')
  expect(bare).toEqual([])
})

type Part = {
  $ref?: string
  $defs?: Record<string, Part>
  properties?: Record<string, Part>
  description?: string
  examples?: unknown[]
}
