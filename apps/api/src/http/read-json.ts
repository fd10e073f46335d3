import type { Json } from '@treadle/contract'
import { problem } from './problem.ts'

/** Deep enough for 32 levels of nodes inside each other, the most of a document; what recurses over a body later is safe below it. */
const DEPTH_MAX = 256

/**
 * The value of a JSON text from outside. Stricter than JSON.parse, which takes the last of two equal keys, rounds large
 * integers and gives an object a prototype's key. Linear in the length of the text.
 * @throws ProblemAnswer `malformed-request` that names the place.
 */
export function readJson(text: string): Json {
  checkDepth(text)
  let value: Json
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw problem(
      'malformed-request',
      `The body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}.`,
    )
  }
  checkTokens(text)
  return value
}

/** JSON is UTF-8 on the wire. @throws ProblemAnswer `malformed-request` for bytes that are not. */
export function readUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw problem('malformed-request', 'The body is not UTF-8.')
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Before parsing, so that a million brackets cost nothing. Brackets in strings do not count. */
function checkDepth(text: string): void {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > DEPTH_MAX)
          throw problem('malformed-request', `The body is nested deeper than ${DEPTH_MAX} levels.`)
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
    }
  }
}

/** The position of the closing quote, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH) at++
    else if (code === QUOTE) return at
  }
  return text.length
}

/** A container that is open: the keys of an object so far, or the items of an array; `key` is where in it we are. */
type Open = { keys: Set<string> | undefined; key: string | number }

/** What JSON.parse let pass; `text` is JSON. */
function checkTokens(text: string): void {
  const open: Open[] = []
  let expectsKey = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    const inner = open.at(-1)
    switch (code) {
      case QUOTE: {
        const end = endOfString(text, at)
        if (expectsKey && inner?.keys) {
          addKey(open, inner.keys, inner, JSON.parse(text.slice(at, end + 1)))
          expectsKey = false
        } else if (hasLoneSurrogate(text, at, end)) {
          throw problem(
            'malformed-request',
            `The text at ${pointerOf(open)} holds half of a surrogate pair, which is no character.`,
          )
        }
        at = end
        break
      }
      case 0x7b: // {
        open.push({ keys: new Set(), key: '' })
        expectsKey = true
        break
      case 0x5b: // [
        open.push({ keys: undefined, key: 0 })
        expectsKey = false
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        expectsKey = false
        break
      case 0x2c: // ,
        if (inner?.keys) expectsKey = true
        else if (inner) inner.key = Number(inner.key) + 1
        break
      default:
        if (code === 0x2d || (code >= 0x30 && code <= 0x39)) at = checkNumber(text, at, open)
    }
  }
}

function addKey(open: readonly Open[], keys: Set<string>, inner: Open, key: string): void {
  inner.key = key
  if (key === '__proto__') throw problem('malformed-request', `The key at ${pointerOf(open)} is not allowed.`)
  if (keys.has(key)) throw problem('malformed-request', `The key at ${pointerOf(open)} stands there twice.`)
  if (LONE_SURROGATE.test(key)) throw problem('malformed-request', `The key at ${pointerOf(open)} is not Unicode.`)
  keys.add(key)
}

const LONE_SURROGATE = /\p{Surrogate}/u

const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y

/** The position of the number's last character. Integers past 2^53 − 1, and what is infinite as a double, cannot be kept. */
function checkNumber(text: string, at: number, open: readonly Open[]): number {
  NUMBER.lastIndex = at
  const [digits = '', fraction, exponent] = NUMBER.exec(text) ?? []
  const value = Number(digits)
  const isInteger = fraction === undefined && exponent === undefined
  if ((isInteger && !Number.isSafeInteger(value)) || !Number.isFinite(value)) {
    throw problem(
      'malformed-request',
      `The number ${digits.slice(0, 40)} at ${pointerOf(open)} cannot be kept exactly: send it as a string.`,
    )
  }
  return at + digits.length - 1
}

// Only an escape can make one: the text itself was decoded from UTF-8.
function hasLoneSurrogate(text: string, start: number, end: number): boolean {
  const escapeAt = text.indexOf('\\u', start)
  if (escapeAt === -1 || escapeAt > end) return false
  return LONE_SURROGATE.test(JSON.parse(text.slice(start, end + 1)))
}

const pointerOf = (open: readonly Open[]): string =>
  open.map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') || 'the root'
