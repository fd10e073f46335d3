import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRedactedJson } from './redacted-json.ts'
import { createRedactor } from './redactor.ts'

function redact(json: string, secrets: Record<string, string>, pieceLength: number): string {
  const stream = createRedactedJson(createRedactor(secrets))
  let shown = ''
  for (let at = 0; at < json.length; at += pieceLength) shown += stream.push(json.slice(at, at + pieceLength))
  return shown + stream.end()
}

/** Every character of it as an escape. */
const escaped = (text: string) =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

test('however it is cut, it says what redacting the whole value says', () =>
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      (value, pieceLength, isHidden) => {
        const secret = 'to\n"ken-1234'
        const whole = { value, [`k ${secret}`]: [`before ${secret} after`, secret] }
        const json = isHidden
          ? JSON.stringify(whole).replaceAll('ken-1234', escaped('ken-1234'))
          : JSON.stringify(whole)
        const expected = createRedactor({ TOKEN: secret }).json(whole)
        const shown = JSON.parse(redact(json, { TOKEN: secret }, pieceLength))
        expect(JSON.stringify(shown)).toBe(JSON.stringify(expected).replaceAll('\\u0000', '\ufffd'))
      },
    ),
    { seed: 20_261_126, numRuns: 500 },
  ))

test('numbers and names of JSON are not touched, whatever a secret looks like', () => {
  expect(redact('[1234, true, {"a": "1234"}]', { N: '1234', T: 'true' }, 3)).toBe('[1234, true, {"a": "[secret N]"}]')
})

test('a pair of escapes that is cut in two is one character', () => {
  for (let pieceLength = 1; pieceLength < 14; pieceLength++)
    expect(redact('"\\ud83d\\ude00"', {}, pieceLength)).toBe('"😀"')
  expect(redact('"\\ud83d."', {}, 2)).toBe('"\ufffd."')
})
