import { ExpressionError } from '../expression-error.ts'
import type { Json } from '../json.ts'
import { spend } from './work.ts'

/**
 * Reads JSON text.
 * @throws ExpressionError `type` if it is not JSON, `number` if an integer in it is beyond 2^53 − 1 (JSON.parse would
 * round it without a word).
 */
export function decodeJson(source: string): Json {
  spend(1 + (source.length >> 2))
  const value = parse(source) // Before the tokens: they take linear time only where every string ends.
  for (const [token] of source.matchAll(STRING_OR_NUMBER)) {
    if (INTEGER.test(token) && !Number.isSafeInteger(Number(token)))
      throw new ExpressionError('number', `the integer ${token} is beyond 2^53 - 1, which cannot be held exactly`)
  }
  return value
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
