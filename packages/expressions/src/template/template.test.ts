import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../json.ts'
import { expressionOf } from '../testing.ts'
import { parseTemplate } from './parse-template.ts'
import { renderTemplate } from './render-template.ts'
import { expressionsOf } from './template.ts'

const SCOPE: Record<string, Json> = { a: 1, s: 'text', n: null, l: [1, { b: 2, a: 'é' }], f: 1.5 }

describe('rendering', () => {
  test('a string that is one whole expression keeps its type', () => {
    check('${a}', 1)
    check('${n}', null)
    check('${l}', [1, { b: 2, a: 'é' }])
    check(['${s}', { k: '${a + 1}' }], ['text', { k: 2 }])
  })
  test('elsewhere strings stand as they are and everything else as RFC 8785 JSON', () => {
    check('a: ${a}, s: ${s}, n: ${n}, l: ${l}, f: ${f}.', 'a: 1, s: text, n: null, l: [1,{"a":"é","b":2}], f: 1.5.')
    check(' ${a}', ' 1')
    check('${a}${a}', '11')
  })
  test('$${ is a literal ${, and no other dollar needs care', () => {
    check('$${a} $a $ {a} $$ ${a}$', '${a} $a $ {a} $$ 1$')
    check('$$${a}', '$${a}')
    check("${'$'}${a}", '$1')
  })
  test('the end is found past strings, maps and comments', () => {
    check('${ {"}": {"x": 1}}["}"].x }!', '1!')
    check('${ "}" + \'}"\' + """}"}""" }', '}}"}"}')
    check('${ "\\"}" }', '"}')
    check('${ r"\\d}" }', '\\d}')
    check('${ a // }\n }', 1)
  })
  test('what holds no expression is a constant', () => {
    const value = { a: [1, 'x', { '${a}': null }], b: '$${' }
    expect(parseTemplate(value, () => 0).template).toEqual({ lit: { a: [1, 'x', { '${a}': null }], b: '${' } })
  })
  test('keys stand as they are, whatever they are called', () => {
    const value = JSON.parse('{"__proto__": "${a}", "${a}": 1}')
    expect(JSON.stringify(render(value))).toBe('{"__proto__":1,"${a}":1}')
  })
  test('a text has an end', () => {
    const { template } = parseTemplate('x${a}', () => 0)
    expect(() => renderTemplate(template, () => 'y'.repeat(1024 * 1024))).toThrow(/longer than/)
  })
})

describe('compiling', () => {
  test('gives each expression its place', () => {
    const places: unknown[] = []
    const value = { 'a/b': ['x', 'é ${one} ${two}'], c: '${three}' }
    const { template } = parseTemplate(value, (source, place) => places.push({ source, ...place }) - 1)
    expect(places).toEqual([
      { source: 'one', pointer: '/a~1b/1', offset: 4 },
      { source: 'two', pointer: '/a~1b/1', offset: 11 },
      { source: 'three', pointer: '/c', offset: 2 },
    ])
    expect(template).toEqual({
      obj: { 'a/b': { arr: [{ lit: 'x' }, { text: ['é ', { expr: 0 }, ' ', { expr: 1 }] }] }, c: { expr: 2 } },
    })
    expect(expressionsOf(template)).toEqual([0, 1, 2])
  })
  test('finds every expression that nothing ends', () => {
    const { issues } = parseTemplate({ a: 'x ${a', b: ['${ "}"', 'fine'] }, () => 0)
    expect(issues.map(({ pointer, code, offset, length }) => ({ pointer, code, offset, length }))).toEqual([
      { pointer: '/a', code: 'syntax', offset: 2, length: 3 },
      { pointer: '/b/0', code: 'syntax', offset: 0, length: 6 },
    ])
  })
})

describe('for every value', () => {
  test('with its ${ escaped a template gives the value back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json
        expect(render(escaped(json))).toEqual(json)
      }),
    )
  })
  test('escaping holds for strings made of the signs that matter', () => {
    const signs = fc.string({ unit: fc.constantFrom('$', '{', '}', '"', 'a') })
    fc.assert(
      fc.property(signs, (text) => {
        expect(render(escaped(text))).toBe(text)
      }),
    )
  })
  test('an expression in a text is its JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const { template } = parseTemplate(`${escaped(text)} \${x}`, () => 0)
        const json = typeof value === 'string' ? value : canonicalJson(value as Json)
        expect(renderTemplate(template, () => value as Json)).toBe(`${text} ${json}`)
      }),
    )
  })

  function escaped(value: Json): Json {
    if (typeof value === 'string') return value.replaceAll('${', () => '$${')
    if (Array.isArray(value)) return value.map(escaped)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]))
  }
})

function check(value: Json, expected: Json) {
  expect(render(value)).toEqual(expected)
}

function render(value: Json): Json {
  const sources: string[] = []
  const { template, issues } = parseTemplate(value, (source) => sources.push(source) - 1)
  expect(issues).toEqual([])
  return renderTemplate(JSON.parse(JSON.stringify(template)), (i) => expressionOf(sources[i] ?? '').evaluate(SCOPE))
}
