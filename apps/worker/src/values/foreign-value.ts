import { findRoundedInteger, type Json, TreadleError } from '@treadle/contract'

/** Deeper values are refused: what comes after (validators, expressions, other languages) walks them by recursion. */
const DEPTH_MAX = 100

/** The JSON of a text that comes from outside. @throws TreadleError `invalid_output`, with `what` as the subject of its sentence. */
export function parseForeign(text: string, what: string): Json {
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (error) {
    // Where the mistake is, and not the piece of text that the engine quotes: it could be half of a secret.
    const place = / at position \d+/.exec((error as Error).message)?.[0] ?? ''
    throw new TreadleError('invalid_output', `${what} is not JSON${place}`)
  }
  const rounded = findRoundedInteger(text)
  if (rounded !== undefined) {
    throw new TreadleError(
      'invalid_output',
      `${what} has the integer ${rounded}, beyond 2^53 - 1: send it as a string, or it would be rounded`,
    )
  }
  return value
}

/**
 * Refuses what may not come from outside: a key `$blob`, which would pass for a handle of ours, and a value too deep to walk.
 * @throws TreadleError `invalid_output`
 */
export function checkForeign(value: Json, what: string): void {
  const problem = findProblem(value, '', 0)
  if (problem) throw new TreadleError('invalid_output', `${what} ${problem}`)
}

function findProblem(value: Json, pointer: string, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === DEPTH_MAX) return `is nested more than ${DEPTH_MAX} levels deep`
  if (!Array.isArray(value) && Object.hasOwn(value, '$blob')) {
    return `has the key "$blob"${pointer === '' ? '' : ` at ${pointer}`}, which is reserved for stored values`
  }
  for (const [key, item] of Object.entries(value)) {
    const found = findProblem(item, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
