import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { found, yaml } from './testing/check.ts'
import { EXAMPLES } from './testing/examples.ts'
import { translate } from './translate.ts'
import { createTranslateCache } from './translate-cache.ts'

/** More with TREADLE_TEST_FULL=1. */
const RUNS = process.env.TREADLE_TEST_FULL === '1' ? 5000 : 300

vi.setConfig({ testTimeout: 120_000 })

test('any value gives an answer and no error', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(translate(value).ok).toBe(false)
    }),
    { numRuns: RUNS, seed: 1 },
  )
})

test('any text gives an answer and no error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.constantFrom('json', 'yaml'), (text, format) => {
      expect(translate(text, { format: format as 'json' | 'yaml' }).ok).toBe(false)
    }),
    { numRuns: RUNS, seed: 2 },
  )
})

test('an example with any part replaced by anything gives an answer and no error', () => {
  const documents = EXAMPLES.map(({ text }) => parse(text) as unknown)
  fc.assert(
    fc.property(fc.constantFrom(...documents), fc.nat(), fc.jsonValue({ maxDepth: 3 }), (document, seed, value) => {
      expect(translate(replaced(document, seed, value)).diagnostics).toBeDefined()
    }),
    { numRuns: RUNS, seed: 3 },
  )
})

/** A copy with the value at some place, chosen by `seed`, replaced. */
function replaced(document: unknown, seed: number, value: unknown): unknown {
  const copy = structuredClone(document)
  const places: [Record<string, unknown>, string][] = []
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const [key, inner] of Object.entries(part)) {
      places.push([part as Record<string, unknown>, key])
      walk(inner)
    }
  }
  walk(copy)
  const [parent, key] = places[seed % places.length] ?? []
  if (parent && key !== undefined) parent[key] = value
  return copy
}

test('findings are sorted by place, and cut at a bound that says how many are left', () => {
  const nodes = Array.from({ length: 9 }, (_, index) => `  n${index}: { kind: set }`).join('\n')
  expect(found(yaml(`nodes:\n${nodes}`), { limits: { findings: 3 } })).toEqual([
    'missing-field /nodes/n0',
    'missing-field /nodes/n1',
    'missing-field /nodes/n2',
    'too-many-findings ',
  ])
})

test('a stored workflow gives its schemas, output and bounds, and may not run itself', () => {
  const child = {
    ir: 'treadle/v1',
    name: 'child',
    inputSchema: { type: 'integer' },
    nodes: { a: { kind: 'set', value: { twice: '${input * 2}' } } },
    output: '${nodes.a}',
  }
  const workflows = (name: string, version: string) => (`${name}@${version}` === 'child@1' ? child : undefined)
  const parent = (input: unknown, read: string) => ({
    ir: 'treadle/v1',
    name: 'parent',
    nodes: { c: { kind: 'run', workflow: 'child@1', input }, d: { kind: 'set', value: read } },
  })
  expect(found(parent(1, '${nodes.c.twice + 1}'), { workflows })).toEqual([])
  expect(found(parent('x', '${nodes.c.thrice}'), { workflows })).toEqual([
    'input-mismatch /nodes/c/input',
    'unknown-member /nodes/d/value',
  ])
  expect(translate(parent(1, 'x'), { workflows }).bounds?.nodeRuns).toEqual({ least: 3, most: 3 })

  const itself = { ir: 'treadle/v1', name: 'loop', nodes: { a: { kind: 'run', workflow: 'loop@1' } } }
  expect(translate(itself, { workflows: () => itself }).ok).toBe(true)
})

test('the cache translates a text once', () => {
  const cache = createTranslateCache({ entriesMax: 2 })
  const text = (value: number) => yaml(`nodes:\n  a: { kind: set, value: ${value} }`)
  const first = cache.translate(text(1))
  expect(cache.translate(text(1))).toBe(first)
  cache.translate(text(2))
  cache.translate(text(3))
  expect(cache.translate(text(1))).not.toBe(first)
  expect(cache.translate(text(1)).planHash).toBe(first.planHash)
})
