import { RE2JS, RE2JSException } from 're2js'
import { boundedCache } from '../bounded-cache.ts'
import { ExpressionError } from '../expression-error.ts'
import { PATTERN_INSTRUCTIONS_MAX, PATTERN_MAX } from '../limits.ts'
import { patternSize } from './pattern-size.ts'
import { oncePerEvaluation, spend } from './work.ts'

/**
 * Whether the RE2 pattern is found anywhere in the text. RE2 takes time linear in the text for every pattern, which
 * JavaScript's own expressions do not (`(a+)+$` stops a process).
 * @throws ExpressionError `syntax` if it is not an RE2 pattern, `limit` if it is too large.
 */
export function matches(text: string, pattern: string): boolean {
  if (pattern.length > PATTERN_MAX) throw tooLong(pattern)
  // Whether it is in the cache depends on what ran before, which a replay does not know: so it always counts, once.
  if (oncePerEvaluation(pattern)) spend(COMPILE_UNITS * patternSize(pattern))
  const { regex, instructions } = compilePattern(pattern)
  spend(1 + Math.ceil((text.length * instructions) / STEPS_PER_UNIT))
  return regex.test(text)
}

/** Units to compile one instruction, and steps of the automaton (a character times an instruction) in one unit. */
const COMPILE_UNITS = 30
const STEPS_PER_UNIT = 8

interface Pattern {
  regex: RE2JS
  instructions: number
}

const patterns = boundedCache<Pattern | ExpressionError>({ entriesMax: 200, charactersMax: 200 * PATTERN_MAX })

/** @throws ExpressionError as `matches` */
export function compilePattern(pattern: string): Pattern {
  const compiled = patterns(pattern, () => compile(pattern))
  if (compiled instanceof ExpressionError) throw new ExpressionError(compiled.code, compiled.message)
  return compiled
}

function compile(pattern: string): Pattern | ExpressionError {
  if (pattern.length > PATTERN_MAX) return tooLong(pattern)
  if (patternSize(pattern) > PATTERN_INSTRUCTIONS_MAX)
    return new ExpressionError('limit', 'the pattern repeats too much: use smaller counts than these')
  try {
    const regex = RE2JS.compile(pattern)
    return { regex, instructions: regex.programSize() }
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    return new ExpressionError('syntax', `not an RE2 pattern: ${error.message}`)
  }
}

const tooLong = ({ length }: string) =>
  new ExpressionError('limit', `a pattern of ${length} characters is longer than ${PATTERN_MAX}`)
