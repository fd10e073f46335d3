import { ExpressionError } from '../expression-error.ts'
import { canonicalJson, type Json } from '../json.ts'
import { toCel, toJson } from './values.ts'
import { spend } from './work.ts'

/**
 * The value as RFC 8785 writes it.
 * @throws ExpressionError `type` or `number` if JSON does not have it
 */
export function encodeJson(value: unknown): string {
  const json = toJson(value)
  try {
    const text = canonicalJson(json)
    spend(text.length >> 1)
    return text
  } catch (error) {
    throw error instanceof RangeError ? new ExpressionError('type', error.message) : error
  }
}

/**
 * Reads JSON text; numbers are taken by value.
 * @throws ExpressionError `type` if it is not JSON, `number` if an integer in it is beyond 2^53 − 1 (JSON.parse would
 * round it without a word).
 */
export function decodeJson(source: string): unknown {
  spend(1 + (source.length >> 2))
  const value = parse(source) // Before the tokens: they take linear time only where every string ends.
  for (const [token] of source.matchAll(STRING_OR_NUMBER)) {
    if (INTEGER.test(token) && !Number.isSafeInteger(Number(token)))
      throw new ExpressionError('number', `the integer ${token} is beyond 2^53 - 1, which cannot be held exactly`)
  }
  return toCel(value)
}

function parse(source: string): Json {
  try {
    return JSON.parse(source)
  } catch {
    throw new ExpressionError('type', 'json.decode() was given a string that is not JSON')
  }
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
const INTEGER = /^-?\d{16,}$/
