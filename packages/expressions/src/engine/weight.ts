import { Bytes, CelMap, isArray } from './globals.ts'
import { spend } from './work.ts'

/**
 * How many units it takes to compare or write a value: one for each value inside, and one for eight characters. A value
 * that is used twice inside counts twice, as it would be visited twice. Lists and maps do not change once made, so
 * their weight is kept.
 */
export function weigh(value: unknown): number {
  if (!isAggregate(value)) return weighShallow(value)
  const known = weights.get(value)
  if (known !== undefined) return known

  let weight = 1
  for (const item of itemsOf(value)) {
    spend(1)
    weight += weigh(item)
  }
  weights.set(value, weight)
  return weight
}

/** The weight without looking inside: for what reads a list's length, or joins its items without reading them. */
export function weighShallow(value: unknown): number {
  if (typeof value === 'string' || value instanceof Bytes) return textWeight(value)
  return isArray(value) ? 1 + value.length : 1
}

/** Of a string or of bytes. */
export const textWeight = ({ length }: { length: number }) => 1 + (length >> 3)

const isAggregate = (value: unknown): value is unknown[] | Map<unknown, unknown> =>
  isArray(value) || value instanceof CelMap

const weights = new WeakMap<object, number>()

function* itemsOf(value: unknown[] | Map<unknown, unknown>): Iterable<unknown> {
  if (isArray(value)) return yield* value
  for (const entry of value) yield* entry
}
