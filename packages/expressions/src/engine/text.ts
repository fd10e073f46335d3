import { ExpressionError } from '../expression-error.ts'
import { textWeight } from './weight.ts'
import { checkTextLength, spend } from './work.ts'

/**
 * CEL's string functions in code points. The library counts UTF-16 units, and so can cut a character in half, which no
 * store or other language takes.
 */
export const text = {
  charAt(string: string, index: bigint): string {
    const points = pointsOf(string)
    return points[indexIn(points, index, 'charAt')] ?? ''
  },

  indexOf(string: string, part: string, from = 0n): bigint {
    spendOnSearch(string, part)
    const points = pointsOf(string)
    const unit = unitOf(points, indexIn(points, from, 'indexOf'))
    return pointAt(string, string.indexOf(part, unit))
  },

  lastIndexOf(string: string, part: string, from?: bigint): bigint {
    spendOnSearch(string, part)
    if (from === undefined) return pointAt(string, string.lastIndexOf(part))
    const points = pointsOf(string)
    return pointAt(string, string.lastIndexOf(part, unitOf(points, indexIn(points, from, 'lastIndexOf'))))
  },

  contains(string: string, part: string): boolean {
    spendOnSearch(string, part)
    return string.includes(part)
  },

  substring(string: string, start: bigint, end?: bigint): string {
    const points = pointsOf(string)
    const from = indexIn(points, start, 'substring')
    const to = end === undefined ? points.length : indexIn(points, end, 'substring')
    if (to < from) throw new ExpressionError('missing', `substring() from ${from} to ${to} runs backwards`)
    return typeof points === 'string' ? points.slice(from, to) : points.slice(from, to).join('')
  },

  split(string: string, separator: string, limit = -1n): string[] {
    if (limit === 0n) return []
    spendOnSearch(string, separator)
    const parts = separator === '' ? Array.from(string) : string.split(separator)
    spend(parts.length)
    if (limit < 0n || BigInt(parts.length) <= limit) return parts
    const kept = Number(limit) - 1
    return [...parts.slice(0, kept), parts.slice(kept).join(separator)]
  },

  join(list: unknown[], separator = ''): string {
    let length = 0
    for (const item of list) {
      if (typeof item !== 'string') throw new ExpressionError('type', 'join() takes a list of strings only')
      length += item.length + separator.length
    }
    checkTextLength(length)
    spend(length >> 3)
    return list.join(separator)
  },

  replace(string: string, part: string, by: string, limit = -1n): string {
    const parts = text.split(string, part, limit < 0n ? limit : limit + 1n)
    // Between all characters, and also before the first and after the last one, as in CEL's reference.
    if (part === '') return replaceEmpty(parts, by, limit)
    return text.join(parts, by)
  },

  /** Without Unicode's white space at both ends; JavaScript's set is another one. */
  trim(string: string): string {
    let [start, end] = [0, string.length]
    while (start < end && SPACE.test(string.charAt(start))) start++
    while (end > start && SPACE.test(string.charAt(end - 1))) end--
    return string.slice(start, end)
  },

  reverse: (string: string): string => Array.from(string).reverse().join(''),

  // Not toLowerCase(), which changes letters outside of ASCII too.
  lowerAscii: (string: string): string => string.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  upperAscii: (string: string): string => string.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),

  size: (string: string): bigint => BigInt(pointsOf(string).length),
}

function replaceEmpty(points: string[], by: string, limit: bigint): string {
  const times = limit < 0n ? points.length + 1 : Math.min(Number(limit), points.length + 1)
  checkTextLength(points.length + times * by.length)
  const parts = points.map((point, i) => (i < times ? by + point : point))
  return parts.join('') + (times > points.length ? by : '')
}

/** Searching takes up to a step for each pair of characters: V8 has no linear bound. */
const spendOnSearch = (string: string, part: string) => spend(1 + Math.ceil((string.length * part.length) / 256))

/** The string itself where each unit is a character. */
function pointsOf(string: string): string | string[] {
  if (!PAIR.test(string)) return string
  spend(textWeight(string))
  return Array.from(string)
}

const SPACE = /\p{White_Space}/u
const PAIR = /[\ud800-\udfff]/

function indexIn(points: string | string[], index: bigint, name: string): number {
  if (index >= 0n && index <= points.length) return Number(index)
  throw new ExpressionError('missing', `${name}() at ${index} is outside of a string of ${points.length} characters`)
}

const unitOf = (points: string | string[], index: number) =>
  typeof points === 'string' ? index : points.slice(0, index).join('').length

const pointAt = (string: string, unit: number) =>
  BigInt(unit < 0 ? -1 : PAIR.test(string) ? Array.from(string.slice(0, unit)).length : unit)
