import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical-json.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { positionOf, preferredWait, waitOf } from './parameters.ts'
import { ProblemAnswer } from './problem.ts'
import { readJson, readUtf8 } from './read-json.ts'
import { readYaml } from './read-yaml.ts'

/** Whatever is read, it gives a value, or says as a problem why not. */
function gives<Value>(read: () => Value): Value | ProblemAnswer {
  try {
    return read()
  } catch (error) {
    if (error instanceof ProblemAnswer) return error
    throw error
  }
}

const isSound = (value: unknown): boolean => !JSON.stringify(value ?? null).includes('"__proto__"')

const value = fc.jsonValue({ maxDepth: 6 }).filter(isSound)
/** JSON that somebody has been at. */
const broken = fc
  .tuple(fc.json(), fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more + text.slice((at * 7) % (text.length + 1)))

test('JSON is read as JSON.parse reads it, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), broken, fc.string({ unit: 'binary' })), (text) => {
      const read = gives(() => readJson(text))
      if (!(read instanceof ProblemAnswer)) expect(read).toEqual(JSON.parse(text))
    }),
    { numRuns: 3_000 },
  )
})

test('every value that JSON keeps exactly is read', () => {
  const exact = value.filter((each) => !/\d{16}|e[+-]?\d/i.test(JSON.stringify(each)))
  fc.assert(
    fc.property(exact, (each) => {
      expect(readJson(JSON.stringify(each))).toEqual(JSON.parse(JSON.stringify(each)))
    }),
  )
})

test('any bytes are text, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const read = gives(() => readUtf8(bytes))
      if (typeof read === 'string') expect(Buffer.from(read).equals(Buffer.from(bytes)) || bytes[0] === 0xef).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('YAML gives what JSON can hold, or is refused', () => {
  const piece = fc.constantFrom(
    'a: ',
    '- ',
    '&x ',
    '*x',
    '!!str ',
    '{',
    '}',
    '[',
    ']',
    '|\n',
    '\n',
    '  ',
    '"',
    "'",
    '<<: ',
    '? ',
    '1',
    '.inf',
    '~',
    '#',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        const read = gives(() => readYaml(text))
        if (!(read instanceof ProblemAnswer)) expect(JSON.parse(JSON.stringify(read))).toEqual(read)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('the canonical text does not depend on the order of keys, and reads back', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (object) => {
      const turned = Object.fromEntries(Object.entries(object).reverse())
      expect(canonicalJson(turned)).toBe(canonicalJson(object))
      if (isSound(object)) expect(JSON.parse(canonicalJson(object))).toEqual(JSON.parse(JSON.stringify(object)))
    }),
  )
})

test('a cursor is read in its own list alone', () => {
  const isAny = (_: unknown): _ is unknown => true
  fc.assert(
    fc.property(value, fc.string(), fc.string(), (place, list, other) => {
      const cursor = writeCursor(place, list)
      expect(readCursor(cursor, list, isAny)).toEqual(JSON.parse(JSON.stringify(place)))
      if (other !== list) expect(gives(() => readCursor(cursor, other, isAny))).toBeInstanceOf(ProblemAnswer)
      expect(gives(() => readCursor(other, list, isAny))).toBeInstanceOf(ProblemAnswer)
    }),
  )
})

test('times and positions are numbers in their bounds, or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.nat().map((n) => `${n}s`),
        fc.double().map(String),
      ),
      (text) => {
        const wait = gives(() => waitOf(text, 'wait'))
        if (typeof wait === 'number') expect(wait >= 0 && wait <= 60_000).toBe(true)
        const position = gives(() => positionOf(text, 'after'))
        if (typeof position === 'number') expect(Number.isSafeInteger(position) && position >= 0).toBe(true)
        const preferred = preferredWait(`respond-async, wait=${text}`)
        if (preferred !== undefined) expect(preferred >= 0 && preferred <= 60_000).toBe(true)
      },
    ),
    { numRuns: 2_000 },
  )
})
