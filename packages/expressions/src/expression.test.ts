import { describe, expect, test } from 'vitest'
import { ExpressionError } from './expression-error.ts'
import type { Json } from './json.ts'
import { expressionOf, outcome } from './testing.ts'

const SCOPE: Record<string, Json> = {
  input: {
    one: 1,
    two: 2,
    half: 0.5,
    big: 9007199254740991,
    text: 'añ😀b',
    list: [1, 2.5, 'x'],
    nothing: null,
    object: { constructor: 'c', __proto__key: 1, 'content-type': 'json' },
    items: [{ price: 2 }, { price: 3, name: 'b' }],
  },
  nodes: { skipped: null, done: { label: 'bug' } },
}

describe('values', () => {
  test('JSON comes back as it was', () => {
    check('input.list', '[1,2.5,"x"]')
    check('[input.nothing, true, "a", {"b": [1]}]', '[null,true,"a",{"b":[1]}]')
  })
  test('a key may be called as a property of JavaScript objects is', () => {
    check('input.object.constructor', '"c"')
    check('{"constructor": 1, "toString": 2}.toString', '2')
    check('has(input.toString)', 'false')
    expect(outcome('a', JSON.parse('{"a": {"__proto__": 1}}'))).toBe('{"__proto__":1}')
    expect(outcome('[a][0]', JSON.parse('{"a": {"__proto__": 1}}'))).toBe('{"__proto__":1}')
  })
  test('a timestamp and a duration become strings, an optional its value or null', () => {
    check('timestamp("2026-01-01T02:00:00+01:00")', '"2026-01-01T01:00:00Z"')
    check('duration("1h30m0.5s")', '"5400.5s"')
    check('[duration("-1.5s"), duration("0.000000001s")]', '["-1.5s","0.000000001s"]')
    check('[input.?one, input.?none]', '[1,null]')
  })
  test('a uint becomes a number', () => check('3u', '3'))
  test('what JSON does not have is an error', () => {
    check('b"abc"', '!type')
    check('type(1)', '!type')
    check('{1: 2}', '!type')
    check('1.0 / 0.0', '!number')
    check('0.0 / 0.0', '!number')
    check('input.big + 1', '!number')
    check('timestamp("9999-12-31T23:59:59Z") + duration("1s")', '!number')
  })
})

describe('numbers', () => {
  test('without a type an integral number is an int', () => {
    check('input.one / input.two', '0')
    check('type(input.one) == int && type(input.half) == double', 'true')
  })
  test('where a type says double it is one', () => {
    const doubles = { input: { props: { one: { double: true }, two: { double: true } } } } as const
    expect(outcome('input.one / input.two', SCOPE, doubles)).toBe('0.5')
    expect(outcome('input.one / 2', SCOPE, doubles)).toBe('0.5')
  })
  test('an int and a double together are doubles', () => {
    check('input.one + input.half', '1.5')
    check('3 * 0.5 - 1 / 4.0', '1.25')
    check('input.one == 1.0 && 1.0 == input.one && input.one < 1.5 && [1, 2.0] == [1.0, 2]', 'true')
    check('input.one in [1.0] && 1.0 in input.list', 'true')
  })
  test('division by zero and overflow are errors', () => {
    check('1 / 0', '!number')
    check('1 % 0', '!number')
    check('9223372036854775807 + 1', '!number')
    check('int("x")', '!number')
  })
  test('a list takes an index of either kind', () => check('[input.list[0], input.list[1.0]]', '[1,2.5]'))
})

describe('what is missing', () => {
  test('is an error that names it', () => {
    check('input.none', '!missing')
    check('input.none + 1', '!missing')
    check('nodes.skipped.label', '!missing')
    check('input.list[7]', '!missing')
    check('elsewhere', '!missing')
    expect(() => expressionOf('nodes.skipped.label').evaluate(SCOPE)).toThrow(
      'nodes.skipped is null, so it has no label',
    )
    expect(() => expressionOf('elsewhere').evaluate(SCOPE)).toThrow('there is no elsewhere in scope')
  })
  test('can be asked for with has(), also behind an index and of null', () => {
    check('has(input.one) && !has(input.none)', 'true')
    check('has(input.items[0].name) || has(input.items[1].name)', 'true')
    check('has(nodes.skipped.label)', 'false')
    check('has(input.list.x)', 'false')
    check('has(input.?none.x)', 'false')
    check('has(input)', '?syntax')
  })
  test('can be replaced with default(), as null can', () => {
    check('default(input.none.deeper, 1)', '1')
    check('default(input.nothing, 2)', '2')
    check('default(nodes.skipped.label, "x")', '"x"')
    check('default(input.list[9], 3)', '3')
    check('default(input.one, 9)', '1')
    check('default(input.none, input.none)', '!missing')
  })
  test('does not hide other errors under default()', () => {
    check('default(1 / 0, 1)', '!number')
    check('default(input.text + 1, 1)', '!type')
  })
  test('can be read with .? and [?]', () => {
    check('input.?none.deeper.orValue("x")', '"x"')
    check('input.list[?9].orValue(0) + input.list[?0].orValue(9)', '1')
  })
})

describe('operators and macros', () => {
  test('branches of a conditional may differ in type', () => check('input.one > 5 ? "many" : null', 'null'))
  test('lists of unlike items go together', () => {
    check('input.list + [{"a": 1}]', '[1,2.5,"x",{"a":1}]')
    check('([{"a": "x"}] + input.items).map(i, has(i.a))', '[true,false,false]')
    check('"x" in input.list', 'true')
    check('[1] == ["a"]', 'false')
  })
  test('comprehensions take lists and the keys of objects', () => {
    check('input.items.filter(i, i.price > 2).map(i, i.name)', '["b"]')
    check('input.items.map(i, i.price > 2, i.price)', '[3]')
    check('nodes.map(id, id)', '["skipped","done"]')
    check('[1, 2].all(i, i > 0) && [1, 2].exists(i, i == 2) && [1, 2].exists_one(i, i > 1)', 'true')
    check('cel.bind(x, input.two, x * x)', '4')
  })
  test('a key given twice is an error', () => check('{"a": 1, "a": 2}', '!type'))
  test('wrong types are errors, before the run where they show', () => {
    check('1 + "a"', '?type')
    check('input.one + "a"', '!type')
    check('input.one ? 1 : 2', '!type')
    check('"abc"[0]', '?type')
  })
  test('false wins over an error on either side', () => {
    check('false && 1 / 0 > 0', 'false')
    check('1 / 0 > 0 && false', 'false')
    check('[0, 1].exists(i, 1 / i == 1)', 'true')
  })
})

describe('sources', () => {
  test('what is not CEL is a syntax issue with its place', () => {
    check('1 +', '?syntax')
    check('', '?syntax')
    check('a b', '?syntax')
    check('"open', '?syntax')
    check('input.one.foo()', '?unknown-function')
    check('bytes("a").hex()', '?unknown-function')
  })
  test('an error says where it happened', () => {
    check('1 + 2', '3')
    try {
      expressionOf('1 + (4 / 0)').evaluate({})
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError)
      expect(error).toMatchObject({ code: 'number', message: 'division by zero', offset: 5, length: 5 })
    }
  })
  test('the same source gives another value for another scope', () => {
    const double = expressionOf('[1, 2].map(i, i * input.n)')
    expect([double.evaluate({ input: { n: 2 } }), double.evaluate({ input: { n: 3 } })]).toEqual([
      [2, 4],
      [3, 6],
    ])
  })
})

function check(source: string, expected: string) {
  expect(`${source} -> ${outcome(source, SCOPE)}`).toBe(`${source} -> ${expected}`)
}
