import { expect, test } from 'vitest'
import { canonicalJson, type Json, jsonBytes } from './json.ts'

test('keys are sorted by UTF-16 units, at every depth, and there are no spaces', () => {
  check({ b: [{ y: 1, x: 2 }], a: null, '10': 4, '9': 5 }, '{"10":4,"9":5,"a":null,"b":[{"x":2,"y":1}]}')
  check({ '\ufb33': 3, '\u{1f600}': 2, '\u20ac': 1 }, '{"\u20ac":1,"\u{1f600}":2,"\ufb33":3}')
})
test('numbers are written as ECMAScript does, the examples of RFC 8785 among them', () => {
  check(
    [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0, 1e21, 12345678901234568e4],
    '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,123456789012345680000]',
  )
})
test('strings escape only what they must', () => {
  check('\u20ac$\u000f\nA\'\u0042\u0022\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"')
})
test('half a surrogate pair, and what is no number, have no JSON', () => {
  expect(() => canonicalJson('a\ud800')).toThrow(RangeError)
  expect(() => canonicalJson({ '\udc00': 1 })).toThrow(RangeError)
  expect(() => canonicalJson([Number.NaN])).toThrow(RangeError)
})
test('the size of a string is that of its UTF-8', () => {
  for (const text of ['', 'abc', 'ä"\\', '€😀'])
    expect(jsonBytes(text)).toBe(new TextEncoder().encode(JSON.stringify(text)).length)
})

function check(value: Json, expected: string) {
  expect(canonicalJson(value)).toBe(expected)
}
