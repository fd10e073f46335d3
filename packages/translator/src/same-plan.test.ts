import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { EXAMPLES } from './testing/examples.ts'
import { randomDocument } from './testing/random-document.ts'
import { createRandom } from './testing/sample.ts'
import { type Translation, translate } from './translate.ts'

/** More with TREADLE_TEST_FULL=1. */
const RUNS = process.env.TREADLE_TEST_FULL === '1' ? 2000 : 100

test.each(EXAMPLES)('$name gives the same plan in any order of keys, in YAML and in JSON', ({ text }) => {
  const document = parse(text)
  expectSame(translate(text), writings(document, 7))
})

test('a random document gives the same plan in any order of keys, in YAML and in JSON', { timeout: 180_000 }, () => {
  fc.assert(
    fc.property(randomDocument, fc.nat(), (document, seed) => {
      const first = translate(document)
      expect(first.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
      expectSame(first, writings(document, seed))
    }),
    { numRuns: RUNS, seed: 4 },
  )
})

test('another value gives another hash', () => {
  const hash = (value: number) =>
    translate({ ir: 'treadle/v1', name: 'a', nodes: { a: { kind: 'set', value } } }).planHash
  expect(hash(1)).not.toBe(hash(2))
})

function expectSame(first: Translation, texts: string[]): void {
  for (const text of texts) {
    const other = translate(text)
    expect(JSON.stringify(other.plan)).toBe(JSON.stringify(first.plan))
    expect(other.planHash).toBe(first.planHash)
    expect(other.bounds).toEqual(first.bounds)
  }
}

/** The document in other orders, with other white space, in both languages. */
function writings(document: unknown, seed: number): string[] {
  const random = createRandom(seed)
  return [
    JSON.stringify(shuffled(document, random)),
    JSON.stringify(shuffled(document, random), null, '\t'),
    stringify(shuffled(document, random)),
    stringify(shuffled(document, random), {
      defaultStringType: 'QUOTE_DOUBLE',
      indent: 4,
      aliasDuplicateObjects: false,
    }),
  ]
}

function shuffled(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, random))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, item]) => [key, shuffled(item, random), random()] as const)
  return Object.fromEntries(entries.sort((a, b) => a[2] - b[2]).map(([key, item]) => [key, item]))
}
