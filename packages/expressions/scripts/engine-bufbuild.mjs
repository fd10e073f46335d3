import { celEnv, celUint, isCelError, isCelList, isCelMap, isCelType, isCelUint, parse, plan } from '@bufbuild/cel'
import { strings } from '@bufbuild/cel/ext'
import { create } from '@bufbuild/protobuf'
import { DurationSchema, TimestampSchema, timestampFromMs } from '@bufbuild/protobuf/wkt'
import { createMeasure } from './measure.mjs'

const environment = celEnv({ funcs: strings })

export const name = '@bufbuild/cel 0.6.1'

export function prepare(source) {
  const run = plan(environment, parse(source))
  return (variables) => {
    const result = run(variables)
    if (isCelError(result)) throw new Error(result.message ?? 'CEL error')
    return result
  }
}

const convert = (value) => {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(convert)
  if (typeof value !== 'object' || value === null) return value
  return new Map(Object.entries(value).map(([key, item]) => [key, convert(item)]))
}

export const bind = (scope) => Object.fromEntries(Object.entries(scope).map(([key, item]) => [key, convert(item)]))

export const foreign = {
  uint: (value) => celUint(BigInt(value)),
  timestamp: (value) => timestampFromMs(Date.parse(value)),
  duration: (seconds, nanos) => create(DurationSchema, { seconds: BigInt(seconds), nanos }),
  read(value) {
    if (isCelUint(value)) return { uint: String(value.value) }
    if (isCelType(value)) return { type: value.name }
    if (isCelList(value)) return { list: [...value] }
    if (isCelMap(value)) return { map: [...value] }
    const message = value?.message
    if (message?.$typeName === TimestampSchema.typeName)
      return { timestamp: Number(message.seconds) * 1000 + Math.floor(message.nanos / 1e6) }
    if (message?.$typeName === DurationSchema.typeName)
      return { duration: String(message.seconds * 1000000000n + BigInt(message.nanos)) }
    return undefined
  },
}

export const measure = createMeasure({ prepare, bind })
