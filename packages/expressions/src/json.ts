/** A value of JSON, as `JSON.parse` gives it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * The value as RFC 8785 writes it: keys sorted by UTF-16 units, no spaces, numbers as ECMAScript prints them.
 * The same value gives the same bytes, whatever the order of its keys.
 * @throws RangeError if a string holds half of a surrogate pair, or a number is not finite: JSON has neither.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return canonicalNumber(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`

  const entries = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${quote(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${entries.join()}}`
}

/** `JSON.stringify` would write half a pair as `\ud800`, which other languages cannot read back. */
function quote(text: string): string {
  if (HALF_PAIR.test(text)) throw new RangeError('a string holds half of a surrogate pair, which JSON cannot carry')
  return JSON.stringify(text)
}

/** With `u`, whole pairs are one character, so that only halves are left to match. */
const HALF_PAIR = /\p{Surrogate}/u

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a JSON number`)
  return JSON.stringify(value)
}

/** The size in bytes of a string as JSON in UTF-8, quotes included. */
export function jsonBytes(text: string): number {
  let bytes = 2
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20) bytes += 6
    else if (unit < 0x80) bytes += unit === 0x22 || unit === 0x5c ? 2 : 1
    else if (unit < 0x800 || (unit >= 0xd800 && unit < 0xe000)) bytes += 2
    else bytes += 3
  }
  return bytes
}
