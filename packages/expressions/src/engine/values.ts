import { Optional } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { ExpressionError } from '../expression-error.ts'
import type { Json } from '../json.ts'
import { jsonBytes } from '../json.ts'
import { DEPTH_MAX, OUTPUT_BYTES_MAX } from '../limits.ts'
import { type DoubleShape, propOf } from '../types/doubles.ts'
import {
  arrayFrom,
  CelMap,
  fromEntries,
  isArray,
  isFiniteNumber,
  isSafeInteger,
  keysOf,
  toBigInt,
  toNumber,
} from './globals.ts'
import { formatDuration, formatTimestamp } from './time.ts'
import { textWeight } from './weight.ts'
import { spend } from './work.ts'

/**
 * The value as CEL sees it: objects become Maps (so that no key collides with a property of JavaScript's objects),
 * numbers become ints (BigInt) where they are integral and at most 2^53 − 1 in size, unless `doubles` marks them.
 */
export function toCel(value: Json, doubles?: DoubleShape, depth = 0): unknown {
  if (typeof value === 'number') return toCelNumber(value, doubles)
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH_MAX) throw depthError()

  if (isArray(value)) {
    spend(1 + value.length)
    return arrayFrom(value, (item) => toCel(item, doubles?.each, depth + 1))
  }
  const map = new CelMap<string, unknown>()
  const keys = keysOf(value)
  spend(1 + keys.length)
  for (const key of keys) {
    const item = value[key]
    if (item !== undefined) map.set(key, toCel(item, propOf(doubles, key), depth + 1))
  }
  return map
}

const toCelNumber = (value: number, doubles?: DoubleShape) =>
  doubles?.double || !isSafeInteger(value) ? value : toBigInt(value)

/**
 * The value as JSON. Timestamps and durations become strings as in Protobuf's JSON, an optional its value or null.
 * @throws ExpressionError `number` for what JSON cannot hold exactly, `type` for what it does not have, `limit` if large.
 */
export function toJson(value: unknown): Json {
  let bytes = 0
  const count = (more: number) => {
    bytes += more
    if (bytes > OUTPUT_BYTES_MAX) throw sizeError()
  }

  const convert = (part: unknown, depth: number): Json => {
    spend(2)
    if (depth > DEPTH_MAX) throw depthError()
    if (typeof part === 'string') {
      spend(textWeight(part))
      count(part.length > OUTPUT_BYTES_MAX ? part.length : jsonBytes(part))
      return part
    }
    count(5)
    if (part === null || typeof part === 'boolean') return part
    if (isArray(part)) return part.map((item) => convert(item, depth + 1))
    if (part instanceof CelMap) return fromEntries(arrayFrom(part, entry(depth)))
    if (part instanceof Optional) return part.hasValue() ? convert(part.value(), depth) : null
    return scalarToJson(part)
  }
  const entry =
    (depth: number) =>
    ([key, item]: [unknown, unknown]): [string, Json] => {
      if (typeof key !== 'string') throw new ExpressionError('type', `the key ${key} of a map is not a string`)
      count(jsonBytes(key))
      return [key, convert(item, depth + 1)]
    }

  return convert(value, 0)
}

function scalarToJson(value: unknown): Json {
  if (typeof value === 'number') {
    if (isFiniteNumber(value)) return value
    throw new ExpressionError('number', `the result is ${value}, which JSON does not have`)
  }
  if (typeof value === 'bigint') return safeNumber(value)
  if (value instanceof UnsignedInt) return safeNumber(value.value)
  if (value instanceof Date) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  throw new ExpressionError('type', `the result is of a type that JSON does not have (${typeName(value)})`)
}

function safeNumber(value: bigint): number {
  const number = toNumber(value)
  if (isSafeInteger(number)) return number
  throw new ExpressionError('number', `the integer ${value} is beyond 2^53 - 1, which JSON cannot hold exactly`)
}

function typeName(value: unknown): string {
  if (value instanceof Uint8Array) return 'bytes'
  return typeof value === 'object' && value !== null ? value.constructor.name.toLowerCase() : typeof value
}

const depthError = () => new ExpressionError('limit', `a value is nested more than ${DEPTH_MAX} deep`)
const sizeError = () => new ExpressionError('limit', `the result is larger than ${OUTPUT_BYTES_MAX} bytes`)
