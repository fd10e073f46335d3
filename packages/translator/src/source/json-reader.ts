import type { Place, Places, Span } from './places.ts'
import { child, type Pointer } from './pointer.ts'
import type { Problem, Reading } from './problem.ts'

/**
 * Reads JSON (RFC 8259) for what `JSON.parse` does not tell: keys that stand twice, integers that a double cannot hold,
 * and the place of every value. Stops at the first syntax error; keys and integers are all reported.
 * With `places` it notes every place there, at about three times the cost: done only when there are findings to show.
 */
export function readJson(text: string, limits: { depth: number; values: number }, places?: Places): Reading {
  const problems: Problem[] = []
  const scanner = createScanner(text, limits, problems, places)
  try {
    return { value: scanner.document(), problems }
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error
    return { problems: [...problems, error.problem] }
  }
}

/** Ends the reading: JSON has no way to go on after a syntax error. */
class SyntaxStop extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y

function createScanner(
  text: string,
  limits: { depth: number; values: number },
  problems: Problem[],
  places: Places | undefined,
) {
  let at = 0
  let left = limits.values
  /** The keys and indexes that lead to what is being read. A pointer is made of them only where one is asked for. */
  const path: (string | number)[] = []

  function document(): unknown {
    if (text.charCodeAt(0) === 0xfeff) at = 1
    skipSpace()
    const result = value()
    skipSpace()
    if (at < text.length) stop('there is more after the end of the document')
    return result
  }

  function value(key?: Span): unknown {
    if (--left < 0) throw tooMany()
    const start = at
    const result = anyValue()
    if (places) {
      const place: Place = { value: { start, end: at } }
      if (key) place.key = key
      places.set(pointer(), place)
    }
    return result
  }

  function anyValue(): unknown {
    const unit = text[at]
    if (unit === '"') return string()
    if (unit === '{') return object()
    if (unit === '[') return list()
    if (unit === '-' || (unit !== undefined && unit >= '0' && unit <= '9')) return number()
    for (const [word, meaning] of WORDS) {
      if (!text.startsWith(word, at)) continue
      at += word.length
      return meaning
    }
    return stop(unit === undefined ? 'the text ends where a value is expected' : 'a value is expected here')
  }

  function object(): unknown {
    const result: Record<string, unknown> = {}
    open()
    if (text[at] === '}') {
      at++
      return result
    }
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) stop('a key in double quotes is expected here')
      const start = at
      const key = string()
      const span = { start, end: at }
      path.push(key)
      if (Object.hasOwn(result, key)) {
        const message = `the key "${key}" stands here a second time`
        problems.push({ code: 'duplicate-key', path: pointer(), span, message })
      }
      skipSpace()
      if (text.charCodeAt(at) !== COLON) stop('a colon is expected here')
      at++
      skipSpace()
      // Assigning would call the setter that every object inherits; the key itself is refused later, with its place.
      if (key === '__proto__') Object.defineProperty(result, key, { value: value(span), enumerable: true })
      else result[key] = value(span)
      path.pop()
      if (isClosed('}')) return result
    }
  }

  function list(): unknown[] {
    const result: unknown[] = []
    open()
    if (text[at] === ']') {
      at++
      return result
    }
    for (;;) {
      path.push(result.length)
      result.push(value())
      path.pop()
      if (isClosed(']')) return result
    }
  }

  /** Past the bracket that opens an object or a list. */
  function open(): void {
    if (path.length >= limits.depth) {
      const message = `objects and lists are more than ${limits.depth} deep inside each other`
      throw new SyntaxStop({ code: 'too-deep', path: pointer(), span: { start: at, end: at + 1 }, message })
    }
    at++
    skipSpace()
  }

  /** Past what follows a member or an item: its comma, or the closing bracket, which ends it. */
  function isClosed(bracket: string): boolean {
    skipSpace()
    if (text[at] === bracket) {
      at++
      return true
    }
    if (text.charCodeAt(at) !== COMMA) stop(`a comma or ${bracket} is expected here`)
    at++
    skipSpace()
    return false
  }

  function string(): string {
    const start = at
    let isPlain = true
    for (at++; ; at++) {
      const unit = text.charCodeAt(at)
      if (unit === QUOTE) break
      if (Number.isNaN(unit)) stop('a text is not closed', { start, end: at })
      if (unit < 0x20) stop('a text holds a control character; write it as an escape such as \\n')
      if (unit !== BACKSLASH) continue
      isPlain = false
      at++
    }
    at++
    if (isPlain) return text.slice(start + 1, at - 1)
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return stop('a text holds an escape that JSON does not have', { start, end: at })
    }
  }

  function number(): number {
    NUMBER.lastIndex = at
    const match = NUMBER.exec(text)
    if (!match) return stop('a number is expected here')
    const span = { start: at, end: at + match[0].length }
    at = span.end
    const result = Number(match[0])
    const isInteger = match[1] === undefined && match[2] === undefined
    if (isInteger ? !Number.isSafeInteger(result) : !Number.isFinite(result)) {
      problems.push({ code: 'number-too-large', path: pointer(), span, message: tooLarge(match[0]) })
    }
    return result
  }

  function skipSpace(): void {
    for (;;) {
      const unit = text.charCodeAt(at)
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
      at++
    }
  }

  function pointer(): Pointer {
    return path.reduce(child, '')
  }

  function tooMany(): SyntaxStop {
    const message = `the document has more than ${limits.values} values`
    return new SyntaxStop({ code: 'too-large', path: '', message })
  }

  function stop(message: string, span: Span = { start: at, end: at + 1 }): never {
    throw new SyntaxStop({ code: 'syntax', path: pointer(), span, message })
  }

  return { document }
}

const WORDS: [string, unknown][] = [
  ['true', true],
  ['false', false],
  ['null', null],
]

/** The message for a number that a double cannot hold; `source` as it was written. */
export function tooLarge(source: string): string {
  const shown = source.length > 40 ? `${source.slice(0, 40)}…` : source
  return `${shown} is beyond ±(2^53 − 1), so it would change on its way through JSON`
}
