import { expect, test } from 'vitest'
import { outcome } from './testing.ts'

test('json.encode() writes RFC 8785, json.decode() reads it', () => {
  check('json.encode({"b": 1.0, "a": [null, "é", 1e21]})', '{"a":[null,"é",1e+21],"b":1}')
  check('json.decode("{\\"a\\": [1, 2.5]}").a[1]', 2.5)
  check('json.decode(json.encode([1, {"x": "y"}]))', [1, { x: 'y' }])
  check('json.decode("9007199254740993")', '!number')
  check('json.decode("\\"9007199254740993\\"")', '9007199254740993')
  check('json.decode("{")', '!type')
  check('json.encode(b"a")', '!type')
})

test('matches() is RE2: it finds anywhere, and takes linear time', () => {
  check('"mail@example.com".matches("^[a-z]+@")', true)
  check('matches("abc", "b")', true)
  check('"abc".matches("^b")', false)
  check('"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")', false)
  check('"a".matches("(?=a)")', '?syntax')
  check('"a".matches("(")', '?syntax')
  check('"a".matches("(" + "a")', '!syntax')
  check('"a".matches("((a{10}){10}){100}")', '?limit')
})

test('strings are counted in characters, not in halves of them', () => {
  check('size("a😀b")', 3)
  check('"a😀b".charAt(1)', '😀')
  check('"a😀b".charAt(3)', '')
  check('"a😀b".charAt(4)', '!missing')
  check('"a😀b".indexOf("b")', 2)
  check('"a😀b😀".indexOf("😀", 2)', 3)
  check('"a😀b😀".lastIndexOf("😀")', 3)
  check('"a😀b😀".lastIndexOf("😀", 2)', 1)
  check('"a😀b".indexOf("x")', -1)
  check('"a😀b".substring(1)', '😀b')
  check('"a😀b".substring(1, 2)', '😀')
  check('"abc".substring(2, 1)', '!missing')
  check('"a😀".split("")', ['a', '😀'])
  check('"a😀b".reverse()', 'b😀a')
})

test('strings are split, joined and replaced', () => {
  check('"a,b,c".split(",")', ['a', 'b', 'c'])
  check('"a,b,c".split(",", 2)', ['a', 'b,c'])
  check('"a,b,c".split(",", 0)', [])
  check('["a", "b"].join("-") + ["c"].join()', 'a-bc')
  check('[1].join("-")', '!type')
  check('"banana".replace("a", "o")', 'bonono')
  check('"banana".replace("a", "o", 2)', 'bonona')
  check('"ab".replace("", "-")', '-a-b-')
  check('"ab".replace("", "-", 1)', '-ab')
  check('"ÄbC".lowerAscii() + "äbC".upperAscii()', 'ÄbcäBC')
  check('" \\u0085 a b \\u00a0".trim()', 'a b')
  check('"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', true)
})

test('format() writes numbers and values', () => {
  check('"%s has %.2f (%d of %s)".format(["Ada", 2.5, 3, [1, "a", null]])', 'Ada has 2.50 (3 of [1, a, null])')
  check('"%x %X %o %b %e %%".format([255, "hi", 8, 5, 1500.0])', 'ff 6869 10 101 1.500000e+03 %')
  check('"%s".format([])', '!missing')
  check('"%q".format([1])', '!type')
  check('"%d".format(["a"])', '!type')
})

test('time is read strictly, and in UTC or at an offset only', () => {
  check('timestamp("2026-03-01T00:30:00Z").getHours("+02:00")', 2)
  check('timestamp("2026-03-01T00:30:00Z").getDate("-01:00")', 28)
  check('timestamp("2026-03-01T00:30:00Z").getDayOfYear()', 59)
  check('timestamp("2026-03-01T00:30:00Z").getDayOfWeek()', 0)
  check('timestamp("2026-03-01T00:30:00Z").getHours("Europe/Berlin")', '!type')
  check('timestamp("2026-03-01T00:30:00.0000")', '!type') // Without a zone: it would be the machine's.
  check('timestamp("Sun Mar 01 2026 00:30")', '!type')
  check('timestamp("2026-02-30T00:00:00Z")', '!type')
  check('timestamp(0) + duration("36h")', '1970-01-02T12:00:00Z')
  check('timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z") == duration("24h")', true)
  check('duration("90m").getHours() + duration("90m").getMinutes()', 91)
  check('int(timestamp("1970-01-01T00:01:00Z"))', 60)
  check('duration("1")', '!type')
  check('duration("1e3s")', '!type')
})

test('conversions', () => {
  check('[int("12"), int(1.9), int(3u)]', [12, 1, 3])
  check('[string(1), string(1.5), string(true), string(timestamp(0)), string(duration("1s"))]', [
    '1',
    '1.5',
    'true',
    '1970-01-01T00:00:00Z',
    '1s',
  ])
  check('[double("1.5"), double(2)]', [1.5, 2])
  check('bool("true")', true)
})

function check(source: string, expected: unknown) {
  const got = outcome(source)
  const wanted = typeof expected === 'string' && /^[!?]/.test(expected) ? expected : JSON.stringify(expected)
  expect(`${source} -> ${got}`).toBe(`${source} -> ${wanted}`)
}
