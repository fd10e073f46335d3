import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createJsonCheck } from './check-json.ts'

/** What is wrong with a text that comes in pieces of that size; undefined where nothing is. */
function check(text: string | Uint8Array, pieceBytes = 1_000): string | undefined {
  const bytes = Buffer.from(text as string)
  const json = createJsonCheck()
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) json.push(bytes.subarray(at, at + pieceBytes))
    json.end()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('what JSON.stringify writes is JSON, however it is cut', () =>
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), fc.integer({ min: 1, max: 9 }), (text, pieceBytes) => {
      fc.pre(!/-?\d{16}/.test(text) && !text.includes('$blob'))
      expect(check(text, pieceBytes)).toBeUndefined()
    }),
    { seed: 20_261_126 },
  ))

test('a text is JSON exactly where JSON.parse takes it', () =>
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...'{}[]:,"\\ \n\t0123456789.-+eEtrufalsn/b'), { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      (letters, pieceBytes) => {
        const text = letters.join('')
        fc.pre(!/e\+?\d{3}|\d{16}/.test(text)) // Those are refused on purpose.
        expect([text, check(text, pieceBytes) === undefined]).toEqual([text, parses(text)])
      },
    ),
    { seed: 20_261_126, numRuns: 20_000 },
  ))

test('near misses are refused', () => {
  for (const text of [
    '',
    ' ',
    '1 2',
    '[1,]',
    '{"a":1,}',
    '{"a"}',
    '"a',
    '"\u0001"',
    '01',
    '1.',
    '.5',
    '+1',
    'tru',
    'nulll',
    '[',
    ']',
    '{"a":[}',
    '\ufeff1',
    '"\\x"',
    '"\\u12g4"',
    '1e',
    '1e999',
  ])
    expect([text, check(text) !== undefined]).toEqual([text, true])
  expect(check(Uint8Array.of(0x22, 0xff, 0x22))).toBe('is not UTF-8')
  expect(check(Uint8Array.of(0x22, 0xc3), 1)).toContain('JSON')
})

test('a key that would pass for a handle is refused, however it is written', () => {
  const escaped = [...'$blob'].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  for (const key of ['$blob', '\\u0024blob', escaped]) expect(check(`{"a":[{"${key}":1}]}`, 1)).toContain('"$blob"')
  for (const key of ['$blob ', 'blob', '$$blob', 'x'.repeat(10_000)])
    expect(check(`{"${key}":"$blob"}`)).toBeUndefined()
})

test('integers that would be rounded and values that are too deep are refused', () => {
  expect(check('[9007199254740991,-9007199254740991,9007199254740993.5,1e20]')).toBeUndefined()
  expect(check('9007199254740993')).toContain('2^53')
  expect(check('['.repeat(100) + ']'.repeat(100))).toBeUndefined()
  expect(check('['.repeat(101) + ']'.repeat(101))).toContain('levels')
})
