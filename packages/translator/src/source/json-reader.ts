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

  function document(): unknown {
    if (text.charCodeAt(0) === 0xfeff) at = 1
    skipSpace()
    const result = value('', 0)
    skipSpace()
    if (at < text.length) stop('', 'there is more after the end of the document')
    return result
  }

  function value(pointer: Pointer, depth: number, key?: Span): unknown {
    if (--left < 0) throw tooMany()
    const start = at
    const result = anyValue(pointer, depth)
    if (places) {
      const place: Place = { value: { start, end: at } }
      if (key) place.key = key
      places.set(pointer, place)
    }
    return result
  }

  function anyValue(pointer: Pointer, depth: number): unknown {
    const unit = text[at]
    if (unit === '"') return string(pointer)
    if (unit === '{') return object(pointer, deeper(pointer, depth))
    if (unit === '[') return list(pointer, deeper(pointer, depth))
    if (unit === '-' || (unit !== undefined && unit >= '0' && unit <= '9')) return number(pointer)
    for (const [word, meaning] of WORDS) {
      if (!text.startsWith(word, at)) continue
      at += word.length
      return meaning
    }
    return stop(pointer, unit === undefined ? 'the text ends where a value is expected' : 'a value is expected here')
  }

  function deeper(pointer: Pointer, depth: number): number {
    if (depth < limits.depth) return depth + 1
    const message = `objects and lists are more than ${limits.depth} deep inside each other`
    throw new SyntaxStop({ code: 'too-deep', path: pointer, span: { start: at, end: at + 1 }, message })
  }

  function tooMany(): SyntaxStop {
    const message = `the document has more than ${limits.values} values`
    return new SyntaxStop({ code: 'too-large', path: '', message })
  }

  function object(pointer: Pointer, depth: number): unknown {
    const result: Record<string, unknown> = {}
    at++
    skipSpace()
    if (text[at] === '}') {
      at++
      return result
    }
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) stop(pointer, 'a key in double quotes is expected here')
      const start = at
      const key = string(pointer)
      const span = { start, end: at }
      const path = child(pointer, key)
      if (Object.hasOwn(result, key)) {
        problems.push({ code: 'duplicate-key', path, span, message: `the key "${key}" stands here a second time` })
      }
      skipSpace()
      if (text.charCodeAt(at) !== COLON) stop(path, 'a colon is expected here')
      at++
      skipSpace()
      // Assigning would call the setter that every object inherits; the key itself is refused later, with its place.
      if (key === '__proto__') Object.defineProperty(result, key, { value: value(path, depth, span), enumerable: true })
      else result[key] = value(path, depth, span)
      skipSpace()
      const unit = text.charCodeAt(at)
      at++
      if (unit === COMMA) skipSpace()
      else if (unit === 0x7d) return result
      else stopBefore(pointer, 'a comma or } is expected here')
    }
  }

  function list(pointer: Pointer, depth: number): unknown[] {
    const result: unknown[] = []
    at++
    skipSpace()
    if (text[at] === ']') {
      at++
      return result
    }
    for (;;) {
      result.push(value(child(pointer, result.length), depth))
      skipSpace()
      const unit = text.charCodeAt(at)
      at++
      if (unit === COMMA) skipSpace()
      else if (unit === 0x5d) return result
      else stopBefore(pointer, 'a comma or ] is expected here')
    }
  }

  function string(pointer: Pointer): string {
    const start = at
    let isPlain = true
    for (at++; ; at++) {
      const unit = text.charCodeAt(at)
      if (unit === QUOTE) break
      if (Number.isNaN(unit)) stop(pointer, 'a text is not closed', { start, end: at })
      if (unit < 0x20) stop(pointer, 'a text holds a control character; write it as an escape such as \\n')
      if (unit !== BACKSLASH) continue
      isPlain = false
      at++
    }
    at++
    if (isPlain) return text.slice(start + 1, at - 1)
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return stop(pointer, 'a text holds an escape that JSON does not have', { start, end: at })
    }
  }

  function number(pointer: Pointer): number {
    NUMBER.lastIndex = at
    const match = NUMBER.exec(text)
    if (!match) return stop(pointer, 'a number is expected here')
    const span = { start: at, end: at + match[0].length }
    at = span.end
    const result = Number(match[0])
    const isInteger = match[1] === undefined && match[2] === undefined
    if (isInteger ? !Number.isSafeInteger(result) : !Number.isFinite(result)) {
      problems.push({ code: 'number-too-large', path: pointer, span, message: tooLarge(match[0]) })
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

  function stopBefore(pointer: Pointer, message: string): never {
    at--
    return stop(pointer, message)
  }

  function stop(path: Pointer, message: string, span: Span = { start: at, end: at + 1 }): never {
    throw new SyntaxStop({ code: 'syntax', path, span, message })
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
