import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor } from './redactor.ts'

const SECRET = 'sk-live/Ä+42=="quoted"'

describe('a redactor', () => {
  test('replaces a secret wherever it stands in a value, keys too', () => {
    const redactor = createRedactor({ KEY: SECRET })
    expect(redactor.json({ [SECRET]: [`Bearer ${SECRET}!`, 1, null] })).toEqual({
      '[secret KEY]': ['Bearer [secret KEY]!', 1, null],
    })
  })

  test('gives back the very value where nothing is secret', () => {
    const value = { a: ['b'] }
    expect(createRedactor({ KEY: SECRET }).json(value)).toBe(value)
    expect(createRedactor().json(value)).toBe(value)
  })

  test.each([
    ['URL', encodeURIComponent(SECRET)],
    ['form', new URLSearchParams({ q: SECRET }).toString()],
    ['JSON', JSON.stringify({ q: SECRET })],
    ['hex', Buffer.from(SECRET).toString('hex')],
    ...['', 'u', 'us', 'use', 'user:'].map((before) => [
      `base64 after "${before}"`,
      Buffer.from(`${before}${SECRET}@host`).toString('base64'),
    ]),
    ['base64url', Buffer.from(`x:${SECRET}`).toString('base64url')],
  ])('finds it as %s would carry it', (_form, text) => {
    expect(createRedactor({ KEY: SECRET }).text(text)).toContain('[secret KEY]')
  })

  test('replaces the longer of two secrets of which one begins the other', () => {
    const redactor = createRedactor({ SHORT: 'abcd', LONG: 'abcdefgh' })
    expect(redactor.text('abcdefgh abcdx')).toBe('[secret LONG] [secret SHORT]x')
  })

  test('a secret that becomes known later is found from then on', () => {
    const redactor = createRedactor()
    const stream = redactor.stream()
    redactor.add('LATE', 'latecomer')
    expect(redactor.text('latecomer')).toBe('[secret LATE]')
    expect(stream.push('plain ') + stream.end()).toBe('plain ')
  })
})

describe('a stream of text', () => {
  test('gives everything at once that cannot begin a secret', () => {
    const stream = createRedactor({ KEY: 'topsecret' }).stream()
    expect([stream.push('Hello '), stream.push('to'), stream.push('day'), stream.end()]).toEqual([
      'Hello ',
      '',
      'today',
      '',
    ])
  })

  test('never splits a surrogate pair', () => {
    const stream = createRedactor().stream()
    expect([stream.push('a\ud83d'), stream.push('\ude00b'), stream.end()]).toEqual(['a', '😀b', ''])
  })

  test('however it is cut, the joined text is that of the whole, and no secret shows in any piece', () => {
    const secrets = { A: 'aabab', B: 'babb', C: 'aabababb' }
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 })
    fc.assert(
      fc.property(letters, fc.array(fc.nat(8)), (text, cuts) => {
        const redactor = createRedactor(secrets)
        const stream = redactor.stream()
        let at = 0
        const shown = cuts.map((size) => {
          at += size
          return stream.push(text.slice(at - size, at))
        })
        shown.push(stream.push(text.slice(at)), stream.end())
        const joined = shown.join('')
        expect(joined).toBe(redactor.text(text))
        for (const secret of Object.values(secrets)) expect(joined).not.toContain(secret)
      }),
      { numRuns: 500 },
    )
  })
})
