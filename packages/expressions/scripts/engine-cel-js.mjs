import { Environment } from '@marcbachmann/cel-js'
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { createMeasure } from './measure.mjs'

/** The library as it comes, with what it offers turned on. */
const environment = new Environment({
  unlistedVariablesAreDyn: true,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
})

export const name = '@marcbachmann/cel-js 8.0.0'

/** Parses, and gives a function of the variables, which are a Map of CEL values. */
export const prepare = (source) => environment.parse(source)

/** JSON as its users would pass it: integral numbers as ints. */
export const convert = (value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(convert)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]))
}

export const bind = (scope) => convert(scope)

/** How the engine holds what JSON does not have. */
export const foreign = {
  uint: (value) => new UnsignedInt(value),
  timestamp: (value) => new Date(value),
  duration: (seconds, nanos) => new Duration(seconds, nanos),
  read: readForeign,
}

export function readForeign(value) {
  if (value instanceof UnsignedInt) return { uint: String(value.value) }
  if (value instanceof Date) return { timestamp: value.getTime() }
  if (value instanceof Duration) return { duration: String(value.seconds * 1000000000n + BigInt(value.nanos)) }
  if (value?.constructor?.name === 'Type') return { type: value.name }
  if (value?.constructor?.name === 'Optional') return { optional: value.hasValue() ? value.value() : undefined }
  return undefined
}

export const measure = createMeasure({ prepare, bind })
