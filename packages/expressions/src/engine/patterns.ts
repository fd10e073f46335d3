import { RE2JS, RE2JSException } from 're2js'
import { boundedCache } from '../bounded-cache.ts'
import { ExpressionError } from '../expression-error.ts'
import { PATTERN_MAX } from '../limits.ts'
import { spend } from './work.ts'

/**
 * Whether the RE2 pattern is found anywhere in the text. RE2 takes time linear in the text for every pattern, which
 * JavaScript's own expressions do not (`(a+)+$` stops a process).
 * @throws ExpressionError `syntax` if it is not an RE2 pattern, `limit` if it is too large.
 */
export function matches(text: string, pattern: string): boolean {
  const { regex, instructions } = compilePattern(pattern)
  spend(1 + Math.ceil((text.length * instructions) / UNITS_PER_STEP))
  return regex.test(text)
}

/** Steps of the automaton (a character times an instruction) that take as long as one unit of work; see bench/. */
const UNITS_PER_STEP = 8

interface Pattern {
  regex: RE2JS
  instructions: number
}

const patterns = boundedCache<Pattern | ExpressionError>()

export function compilePattern(pattern: string): Pattern {
  const compiled = patterns(pattern, () => compile(pattern))
  if (compiled instanceof ExpressionError) throw new ExpressionError(compiled.code, compiled.message)
  return compiled
}

function compile(pattern: string): Pattern | ExpressionError {
  if (pattern.length > PATTERN_MAX)
    return new ExpressionError('limit', `a pattern of ${pattern.length} characters is longer than ${PATTERN_MAX}`)
  try {
    const regex = RE2JS.compile(pattern)
    return { regex, instructions: regex.programSize() }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return new ExpressionError('syntax', `not an RE2 pattern: ${error.message}`)
  }
}
