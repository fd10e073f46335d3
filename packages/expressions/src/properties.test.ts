import fc from 'fast-check'
import { expect, test } from 'vitest'
import { check } from './check.ts'
import { parseExpression } from './expression.ts'
import { ExpressionError } from './expression-error.ts'
import type { Json } from './json.ts'
import { expressionOf } from './testing.ts'
import { DYN } from './types/cel-type.ts'

/** As it comes through the door: no integers beyond 2^53 - 1. */
const json = fc
  .jsonValue({ maxDepth: 5 })
  .map((value) => JSON.parse(JSON.stringify(value), (_key, item) => (isLargeInteger(item) ? 0 : item)) as Json)

const isLargeInteger = (value: unknown) => Number.isInteger(value) && !Number.isSafeInteger(value)

/** Sources that come near to CEL: its tokens in any order. */
const tokens = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        'input',
        '.b',
        '.?b',
        '[0]',
        '["k"]',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        '?',
        '+',
        '-',
        '*',
        '/',
        '!',
      ],
      ...['==', '&&', '||', ' in ', '1', '1.5', '"s"', 'null', 'true', 'has(', 'default(', '.map(x,', '.size()', '// '],
      ...['.exists(x,', 'cel.bind(y,', 'x', "r'\\'", '"', "'''", '\n', '.matches("', 'json.', 'optional.none()', '😀'],
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('parsing never throws, and its issues are inside of the source', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), tokens), (source) => {
      const parsed = parseExpression(source)
      if (parsed.ok) return
      expect(parsed.errors.length).toBeGreaterThan(0)
      for (const { offset, length } of parsed.errors) {
        expect(offset).toBeGreaterThanOrEqual(0)
        expect(length).toBeGreaterThanOrEqual(0)
        expect(offset + length).toBeLessThanOrEqual(source.length)
      }
    }),
    { numRuns: 3000 },
  )
})

test('evaluating throws nothing but ExpressionError, and gives JSON', () => {
  fc.assert(
    fc.property(tokens, json, json, (source, a, input) => {
      const parsed = parseExpression(source)
      if (!parsed.ok) return
      try {
        const value = parsed.expression.evaluate({ a, input })
        expect(JSON.parse(JSON.stringify(value))).toEqual(value)
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error
      }
    }),
    { numRuns: 3000 },
  )
})

test('checking never throws', () => {
  fc.assert(
    fc.property(tokens, (source) => {
      check(source, { variables: { a: DYN, input: { kind: 'object', props: { b: DYN }, required: [], open: false } } })
    }),
    { numRuns: 3000 },
  )
})

test('every value comes back from an expression that gives it', () => {
  fc.assert(
    fc.property(json, (value) => {
      for (const source of [
        'v',
        '[v][0]',
        'true ? v : null',
        '{"v": v}.v',
        'json.decode(json.encode(v))',
        '[v].map(x, x)[0]',
      ])
        expect(normal(expressionOf(source).evaluate({ v: value })), source).toEqual(normal(value))
    }),
  )
})

test('evaluating changes nothing of the scope', () => {
  fc.assert(
    fc.property(json, (value) => {
      const scope = { v: value }
      const before = JSON.stringify(scope)
      expressionOf('[v, v] + [v]').evaluate(scope)
      expect(JSON.stringify(scope)).toBe(before)
    }),
  )
})

/** JSON writes -0 as 0. */
const normal = (value: Json): Json => JSON.parse(JSON.stringify(value))
