import { describe, expect, test } from 'vitest'
import { check as checkSource } from './check.ts'
import { expressionOf } from './testing.ts'
import { BOOL, type CelType, DYN, describeType, nullable, objectOf, STRING } from './types/cel-type.ts'
import { typeOfSchema } from './types/type-of-schema.ts'

const input = typeOfSchema({
  type: 'object',
  required: ['ticket', 'amount', 'count', 'items', 'tags', 'flag'],
  additionalProperties: false,
  properties: {
    ticket: { type: 'string' },
    amount: { type: 'number' },
    count: { type: 'integer' },
    flag: { type: 'boolean' },
    note: { type: ['string', 'null'] },
    customer: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
    items: {
      type: 'array',
      items: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, price: { type: 'number' } } },
    },
    tags: { type: 'array', items: { type: 'string' } },
  },
})
const label = typeOfSchema({ type: 'object', required: ['label'], properties: { label: { enum: ['bug', 'billing'] } } })
const variables = {
  input,
  nodes: objectOf({ classify: label, skipped: nullable(label), unknown: DYN }),
  run: objectOf({ id: STRING }),
}

describe('types', () => {
  test('follow the schema', () => {
    check('input.ticket', 'string')
    check('nodes.classify.label', 'string')
    check('input.items', 'list of object')
    check('input.items[0].id', 'int')
    check('nodes.unknown.whatever[3].x', 'any value')
  })
  test('of operators are the library’s, an int and a double together a double', () => {
    check('input.count + 1', 'int')
    check('input.count + input.amount', 'double')
    check('input.ticket + "!"', 'string')
    check('input.count > 1 && input.flag', 'bool')
    check('timestamp(input.ticket) + duration("1h")', 'timestamp')
    check('timestamp(input.ticket) - timestamp(input.ticket)', 'duration')
  })
  test('of literals, branches and macros', () => {
    check('[1, "a"]', 'list of int or string')
    check('{"a": 1}.a', 'int')
    check('input.flag ? 1 : null', 'int or null')
    check('input.items.map(i, i.id * 2)', 'list of int')
    check('input.items.filter(i, i.id > 1)', 'list of object')
    check('input.items.map(i, i.id > 1, string(i.id))', 'list of string')
    check('input.map(key, key)', 'list of string')
    check('cel.bind(x, input.count, x + 0.5)', 'double')
    check('input.ticket.split(",").map(part, size(part))', 'list of int')
    check('input.?note', 'optional string or null')
  })
})

describe('what cannot be', () => {
  test('a name that is not in scope', () => check('inputs.ticket', '!unknown-name@0+6'))
  test('a field that a closed object does not have', () => {
    check('input.tickets', '!unknown-field@6+7')
    check('nodes.clasify.label', '!unknown-field@6+7')
    check('has(input.tickets)', '!unknown-field@0+18')
    check('input.?tickets', '!unknown-field@7+7')
    check('default(input.tickets, "")', '!unknown-field@14+7')
    check('{"a": 1}.b', '!unknown-field@9+1')
  })
  test('an operand of the wrong type', () => {
    check('input.ticket + 1', '!type@0+16')
    check('input.count > "1"', '!type@0+17')
    check('input.ticket == 5', '!type@0+17')
    check('1 in input.tags', '!type@0+15')
    check('-input.ticket', '!type@0+13')
    check('input.count.x', '!type@12+1')
    check('input.count[0]', '!type@0+14')
    check('input.tags["a"]', '!type@0+15')
  })
  test('an argument of the wrong type', () => {
    check('size(input.count)', '!type@0+17')
    check('input.ticket.startsWith(1)', '!type@0+26')
    check('input.items.join(",")', '!type@0+21')
    check('input.count.map(i, i)', '!type@0+11')
    check('json.decode(input.count)', '!type@0+24')
  })
  test('a condition that is no bool', () => {
    check('input.ticket ? 1 : 2', '!type@0+12')
    check('input.ticket && true', '!type@0+12')
    check('!input.count', '!type@1+11')
    check('input.items.filter(i, i.id)', '!type@22+4')
    check('input.ticket', '!type@0+12', { expect: BOOL })
    check('input.flag', 'bool', { expect: BOOL })
    check('nodes.unknown', 'any value', { expect: BOOL })
  })
  test('several mistakes are found at once', () => {
    check('input.a + nodes.b', '!unknown-field@6+1 !unknown-field@16+1')
    check('[1 + "a", input.count + "b", nothing]', '!type@1+7 !type@10+17 !unknown-name@29+7')
  })
  test('what is not CEL', () => {
    check('input.', '!syntax@6+0')
    expect(checkSource('(1', { variables }).issues[0]?.message).toBe('Expected ), got the end of the expression')
  })
})

describe('what may be missing', () => {
  test('a field that the schema does not require', () => {
    check('input.customer.id', '!maybe-missing@6+8')
    check('nodes.classify.lable', '!maybe-missing@15+5')
    check('input.items.map(i, i.price)', '!maybe-missing@21+5')
  })
  test('what is read of null', () => {
    check('nodes.skipped.label', '!maybe-missing@14+5')
    check('default(input.note, null) + "!"', '!maybe-missing@0+31')
    check('default(input.note, null).size()', '!maybe-missing@0+32')
    check('nodes.skipped.label == "bug"', '!maybe-missing@14+5')
  })
  test('is fine under has(), .? and default()', () => {
    check('has(input.customer)', 'bool')
    check('has(nodes.skipped.label)', 'bool')
    check('default(input.customer.id, 0)', 'int')
    check('default(nodes.skipped.label, "none")', 'string')
    check('input.?customer.id.orValue(0)', 'int')
    check('nodes.skipped.?label.orValue("none")', 'string')
  })
  test('is fine where a condition has asked', () => {
    check('has(input.customer) ? input.customer.id : 0', 'int')
    check('has(input.customer) && input.customer.id > 1', 'bool')
    check('input.customer.id > 1 && has(input.customer)', 'bool')
    check('!has(input.customer) || input.customer.id > 1', 'bool')
    check('nodes.skipped != null ? nodes.skipped.label : ""', 'string')
    check('nodes.skipped == null || nodes.skipped.label == "bug"', 'bool')
    check('input.items.filter(i, has(i.price)).map(i, i.price)', 'list of double')
    check('input.items.map(i, has(i.price), i.price)', 'list of double')
    check('"customer" in input && input.customer.id > 1', 'bool')
  })
  test('is not where it has asked for something else', () => {
    check('has(input.note) ? input.customer.id : 0', '!maybe-missing@24+8')
    check('has(input.customer) || input.customer.id > 1', '!maybe-missing@29+8')
    check('has(input.customer) ? 0 : input.customer.id', '!maybe-missing@32+8')
    check('input.items.exists(i, has(i.price)) && input.items.map(i, i.price)[0] > 1.0', '!maybe-missing@60+5')
  })
  test('is fine where the caller knows of a condition that holds', () => {
    check('nodes.skipped.label', 'string', { assume: ['nodes.skipped != null', 'not CEL ('] })
    check('input.customer.id', 'int', { assume: ['input.flag && has(input.customer)'] })
  })
  test('a comparison with null is always fine', () => check('nodes.skipped == null', 'bool'))
})

describe('doubles', () => {
  test('are marked along the paths that are read', () => {
    expect(doublesOf('input.amount / 2')).toEqual({ input: { props: { amount: { double: true } } } })
    expect(doublesOf('input.items.map(i, i.id)')).toEqual({
      input: { props: { items: { each: { props: { price: { double: true } } } } } },
    })
    expect(doublesOf('input.count / 2')).toBeUndefined()
  })
  test('make the evaluation divide as the schema says', () => {
    expect(evaluate('input.amount / 2', { amount: 1 })).toBe(0.5)
    expect(evaluate('input.count / 2', { count: 1 })).toBe(0)
    expect(
      evaluate('input.items.filter(i, has(i.price)).map(i, i.price / i.id)', { items: [{ id: 2, price: 1 }] }),
    ).toEqual([0.5])
  })
  test('of a map by any key are all but those of the named properties', () => {
    const prices = typeOfSchema({
      type: 'object',
      properties: { count: { type: 'integer' } },
      additionalProperties: { type: 'number' },
    })
    const { doubles } = checkSource('prices', { variables: { prices } })
    expect(doubles).toEqual({ prices: { props: { count: {} }, each: { double: true } } })
  })

  const doublesOf = (source: string) => checkSource(source, { variables }).doubles
  const evaluate = (source: string, value: { [key: string]: never } | object) =>
    expressionOf(source).evaluate({ input: JSON.parse(JSON.stringify(value)) }, doublesOf(source))
})

/** The type as text, or every issue as `!code@offset+length`. */
function check(source: string, expected: string, options: { expect?: CelType; assume?: string[] } = {}) {
  const { type, issues } = checkSource(source, { variables, ...options })
  const found = issues.map(({ code, offset, length }) => `!${code}@${offset}+${length}`)
  expect(`${source} -> ${found.join(' ') || describeType(type)}`).toBe(`${source} -> ${expected}`)
}
