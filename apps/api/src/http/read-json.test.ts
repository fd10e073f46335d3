import { describe, expect, test } from 'vitest'
import { ProblemAnswer } from './problem.ts'
import { readJson, readUtf8 } from './read-json.ts'

describe('What JSON.parse reads is read alike', () => {
  for (const text of [
    '{"a":[1,-2.5e3,"\\u00e9\\n",true,null,{"b":{}}],"c":""}',
    '[]',
    '"[{"',
    '9007199254740991',
    '1e300',
  ]) {
    test(text, () => expect(readJson(text)).toEqual(JSON.parse(text)))
  }
})

describe('What would be read otherwise than it was meant is refused, with its place', () => {
  test('a key that stands there twice', () => refuses('{"a":{"x":1,"y":2,"x":3}}', '/a/x'))
  test('twice in different spellings', () => refuses('{"ab":1,"\\u0061b":2}', '/ab'))
  test('the key of a prototype', () => refuses('[{"__proto__":{}}]', '/0/__proto__'))
  test('an integer that no double holds', () => refuses('{"list":[1,9007199254740993]}', '/list/1'))
  test('a number that is infinite', () => refuses('{"n":1e999}', '/n'))
  test('half of a surrogate pair', () => refuses('{"text":"\\ud83d"}', '/text'))
  test('half of a surrogate pair in a key', () => refuses('{"\\udc00":1}', 'Unicode'))
  test('text that is no JSON', () => refuses('{"a":}', 'not JSON'))
})

test('the same key in neighbours, and values that look like keys, are taken', () => {
  expect(readJson('[{"a":"a"},{"a":["a","a"]},{"a,\\"a":1}]')).toHaveLength(3)
})

test('what is nested too deeply is refused at once, however long it is', () => {
  refuses('['.repeat(4_000_000), 'nested')
  refuses('{"a":'.repeat(300), 'nested')
  expect(readJson(`${'['.repeat(256)}${']'.repeat(256)}`)).toBeDefined()
  expect(readJson(JSON.stringify('['.repeat(1_000)))).toHaveLength(1_000)
})

test('bytes that are no UTF-8 are refused', () => {
  expect(() => readUtf8(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/UTF-8/)
  expect(readUtf8(Buffer.from('é😀'))).toBe('é😀')
})

function refuses(text: string, mention: string) {
  let thrown: unknown
  try {
    readJson(text)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(ProblemAnswer)
  expect(thrown).toMatchObject({ problem: 'malformed-request', message: expect.stringContaining(mention) })
}
