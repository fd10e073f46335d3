import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patternSize } from './engine/pattern-size.ts'
import { workDone } from './engine/work.ts'
import type { Json } from './json.ts'
import { NESTING_MAX, NODES_MAX, SOURCE_MAX, WORK_MAX } from './limits.ts'
import { outcome } from './testing.ts'

const MANY = Array.from({ length: 10_000 }, (_, i) => i)
const SCOPE: Record<string, Json> = {
  many: MANY,
  objects: MANY.map((id) => ({ id, name: `item ${id}` })),
  byName: Object.fromEntries(MANY.map((id) => [`k${id}`, id])),
  text: 'a'.repeat(500_000),
  needle: `${'a'.repeat(5000)}b${'a'.repeat(5000)}`,
}

describe('a source', () => {
  test('has a longest', () => {
    check(`"${'a'.repeat(SOURCE_MAX - 2)}"`, JSON.stringify('a'.repeat(SOURCE_MAX - 2)))
    check(`"${'a'.repeat(SOURCE_MAX)}"`, '?limit')
  })
  test('has a deepest nesting', () => {
    check(`${'('.repeat(NESTING_MAX)}1${')'.repeat(NESTING_MAX)}`, '1')
    check(`${'('.repeat(NESTING_MAX + 1)}1${')'.repeat(NESTING_MAX + 1)}`, '?limit')
    check(`${'['.repeat(2000)}${']'.repeat(2000)}`, '?limit')
    check(`${'!'.repeat(SOURCE_MAX - 4)}true`, '?limit')
    check(`x${'.a'.repeat(100)}`, '?limit')
  })
  test('has a largest tree', () => {
    check(`1${'+1'.repeat(NODES_MAX / 2 - 1)}`, String(NODES_MAX / 2))
    check(`1${'+1'.repeat(NODES_MAX / 2 + 1)}`, '?limit')
  })
  test('has a largest sum of patterns', () => {
    check('text.matches("a{900}") && text.matches("b{900}")', '!limit') // Allowed, but too much on this text.
    check('text.matches("a{900}") && text.matches("b{900}") && text.matches("c{900}")', '?limit')
  })
})

describe('an evaluation stops at the same count of work, however the work is made', () => {
  test.each([
    'many.map(x, many.map(y, x * y))',
    'many.map(a, many.map(b, many.map(c, many.map(d, many.map(e, many.map(f, 1))))))',
    'many.exists(x, many.exists(y, x + y < 0))',
    'many.all(x, many.exists(y, many.exists(z, x + y + z < 0)))',
    'many.filter(x, x in many)',
    'objects.filter(x, x in objects)',
    'objects.map(x, objects == objects)',
    'many.map(x, many + many)',
    'many.map(x, byName.exists(key, true))',
    'many.map(x, size(text))',
    'many.map(x, text + text)',
    'many.map(x, text < text)',
    'many.map(x, text.contains(needle))',
    'many.map(x, text.split("a"))',
    'many.map(x, text.replace("a", "b"))',
    'many.map(x, json.encode(objects))',
    'many.map(x, "%s".format([objects]))',
    'many.map(x, text.matches("(a|b)*c[ab]{50}d"))',
    'many.map(x, string(x).matches(string(x) + "{100}"))',
    'many.exists(x, x.a.b)',
    'many.exists(x, many.exists(y, y.a) || false)',
    'many.map(x, default(byName.none, 1))',
    'many.map(x, many[?20000])',
    'text.split("")',
  ])('%s', (source) => {
    check(source, '!limit')
    expect(workDone()).toBe(WORK_MAX)
  })

  test('but leaves room for honest work on 10,000 items', () => {
    check('size(objects.filter(o, o.id % 2 == 0 && o.name.startsWith("item 1")).map(o, o.id))', '555')
  })
  test('the next evaluation starts anew', () => {
    check('many.map(x, many.map(y, 1))', '!limit')
    check('size(many.map(x, x + 1))', '10000')
  })
})

describe('what an expression makes', () => {
  test('is not larger than a result may be', () => {
    check('many.map(x, text)', '!limit')
    check('text + text + text', '!limit')
    check(doubling(`"${'a'.repeat(100)}"`), '!limit')
    check(doubling(`b"${'a'.repeat(100)}"`), '!limit')
    check(doubling(`[${'1, '.repeat(50)}]`), '!limit')
    check(
      'cel.bind(a, [1, 1, 1, 1, 1, 1, 1, 1], cel.bind(b, [a, a, a, a, a, a, a, a], cel.bind(c, [b, b, b, b, b, b, b, b], cel.bind(d, [c, c, c, c, c, c, c, c], cel.bind(e, [d, d, d, d, d, d, d, d], [e, e, e, e, e, e, e, e])))))',
      '!limit',
    )
    check('text.replace("a", "bbbbbbbb")', '!limit')
  })
  test('is not read deeper than a value may be', () => {
    let deep: Json = 1
    for (let i = 0; i < 5000; i++) deep = [deep]
    expect(outcome('size(x)', { x: deep })).toBe('!limit')
    expect(outcome('size(json.decode(x))', { x: `${'['.repeat(5000)}${']'.repeat(5000)}` })).toBe('!limit')
  })

  /** Adds a value to itself again and again. */
  function doubling(value: string): string {
    let source = `cel.bind(a0, ${value}, `
    for (let i = 1; i < 15; i++) source += `cel.bind(a${i}, a${i - 1} + a${i - 1}, `
    return `${source}size(a14)${')'.repeat(15)}`
  }
})

test('the size of a pattern is told before it is compiled', () => {
  expect(patternSize('a{10}b')).toBeGreaterThan(10)
  expect(patternSize('((x{10}){10}){10}')).toBeGreaterThan(1000)
  expect(patternSize('[a{99}]\\{99}')).toBeLessThan(10)
})

test('200 hostile expressions made by chance all end within the bound', () => {
  const sources = fc.sample(hostile(), { numRuns: 200, seed: 20260101 })
  const outcomes = sources.map((source) => {
    const result = outcome(source, SCOPE)
    expect(workDone(), source).toBeLessThanOrEqual(WORK_MAX)
    return result
  })
  // They are hostile indeed: most of them run into a limit.
  expect(outcomes.filter((result) => result === '!limit').length).toBeGreaterThan(100)
}, 60_000)

/** Comprehensions over large values, nested, around operations that read their operands. */
function hostile(): fc.Arbitrary<string> {
  const list = fc.constantFrom('many', 'objects', 'byName', 'many + many', 'text.split("")')
  const leaf = fc.constantFrom(
    '1',
    'many == many',
    'objects == objects',
    'text + text',
    'text.contains(needle)',
    'x.a.b',
    'json.encode(byName)',
    'many',
    'default(x.a, text)',
    'text.matches("(a|aa)+$")',
  )
  const macro = fc.constantFrom('map', 'filter', 'all', 'exists', 'exists_one')
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc
        .tuple(list, macro, tie('tree'), tie('tree'))
        .map(([of, name, body, other]) =>
          name === 'map' ? `(${of}).map(x, [${body}, ${other}])` : `(${of}).${name}(x, dyn(${body}) == dyn(${other}))`,
        ),
    ),
  }))
  return fc.tuple(list, tree, tree).map(([of, a, b]) => `(${of}).map(x, (${of}).map(y, [${a}, ${b}]))`)
}

function check(source: string, expected: string) {
  expect(outcome(source, SCOPE)).toBe(expected)
}
