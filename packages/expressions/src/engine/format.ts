import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator'
import { ExpressionError } from '../expression-error.ts'
import { formatDuration, formatTimestamp } from './time.ts'
import { weigh } from './weight.ts'
import { checkTextLength, spend } from './work.ts'

/** `"%s has %.2f".format([name, amount])`, as in CEL's strings extension: `%s %d %f %e %x %X %o %b %%`. */
export function format(template: string, values: unknown[]): string {
  let next = 0
  let length = template.length
  return template.replaceAll(CLAUSE, (clause, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%'
    if (!verb) throw new ExpressionError('type', `format() knows no ${clause}`)
    if (next >= values.length) throw new ExpressionError('missing', `format() was given too few values for ${clause}`)
    const value = values[next++]
    spend(3 * weigh(value)) // Writing takes longer than comparing.
    const formatted = formatOne(value, verb, precision ? Number(precision) : 6)
    length += formatted.length
    checkTextLength(length)
    return formatted
  })
}

const CLAUSE = /%(?:%|(?:\.(\d{1,2}))?([sdfexXob])|.?)/g

function formatOne(value: unknown, verb: string, precision: number): string {
  if (verb === 's') return asText(value)
  if (typeof value === 'number' && !Number.isFinite(value) && 'dfe'.includes(verb)) return asText(value)
  const number = value instanceof UnsignedInt ? value.value : value
  switch (verb) {
    case 'd':
      if (typeof number === 'bigint') return String(number)
      break
    case 'f':
      if (isNumber(number)) return Number(number).toFixed(precision)
      break
    case 'e':
      if (isNumber(number))
        return Number(number)
          .toExponential(precision)
          .replace(/e([+-])(\d)$/, 'e$10$2')
      break
    case 'o':
      if (typeof number === 'bigint') return number.toString(8)
      break
    case 'b':
      if (typeof number === 'bigint' || typeof number === 'boolean') return BigInt(number).toString(2)
      break
    default:
      return verb === 'X' ? asHex(number).toUpperCase() : asHex(number)
  }
  throw new ExpressionError('type', `format() cannot write this value as %${verb}`)
}

const isNumber = (value: unknown) => typeof value === 'number' || typeof value === 'bigint'

function asHex(value: unknown): string {
  if (typeof value === 'bigint') return value.toString(16)
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
  if (!(bytes instanceof Uint8Array)) throw new ExpressionError('type', 'format() cannot write this value as %x')
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (Array.isArray(value)) return `[${value.map(asText).join(', ')}]`
  if (value instanceof Map)
    return `{${Array.from(value, (entry) => entry.map(asText).join(': '))
      .sort()
      .join(', ')}}`
  if (value instanceof Date) return formatTimestamp(value)
  if (value instanceof Duration) return formatDuration(value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return value instanceof UnsignedInt ? String(value.value) : typeName(value)
}

/** `null`, `true`, numbers; and the name of a type. */
const typeName = (value: unknown) =>
  typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : String(value)
