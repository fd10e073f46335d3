import { expect, test } from 'vitest'
import { BOOL, check, objectOf, parseExpression, references, typeOfSchema } from './index.ts'

test('the examples of the README hold', () => {
  const parsed = parseExpression('input.items.filter(i, i.price > limit).map(i, i.name)')
  if (!parsed.ok) throw new Error('does not parse')
  const input = {
    items: [
      { price: 9, name: 'a' },
      { price: 10, name: 'b' },
    ],
  }
  expect(parsed.expression.evaluate({ input, limit: 9.5 })).toEqual(['b'])
  expect(references(parsed.expression)[0]).toEqual({
    path: ['input', 'items'],
    guarded: false,
    whole: false,
    offset: 0,
    length: 11,
  })

  const outputSchema = { type: 'object', required: ['label'], properties: { label: { type: 'string' } } }
  const { issues } = check('nodes.classify.lable == "bug"', {
    variables: { nodes: objectOf({ classify: typeOfSchema(outputSchema) }) },
    expect: BOOL,
  })
  expect(issues).toMatchObject([{ code: 'maybe-missing', offset: 15, length: 5 }])
})
