import { Duration } from '@marcbachmann/cel-js/evaluator'
import { ExpressionError } from '../expression-error.ts'

/**
 * An instant from RFC 3339 text or from seconds since 1970. Strict, as `new Date(text)` reads much more, some of it in
 * the time zone of the machine.
 */
export function timestamp(value: string | bigint | Date): Date {
  const time = typeof value === 'string' ? readTimestamp(value) : value instanceof Date ? value : secondsToDate(value)
  if (time.getTime() >= TIME_MIN && time.getTime() <= TIME_MAX) return time
  throw new ExpressionError('number', 'a timestamp is outside of the years 1 to 9999')
}

const TIME_MIN = -62_135_596_800_000 // 0001-01-01T00:00:00Z
const TIME_MAX = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z

const secondsToDate = (seconds: bigint) => new Date(Number(seconds) * 1000)

function readTimestamp(source: string): Date {
  const [, year, month, day] = RFC_3339.exec(source) ?? []
  // `new Date` takes the 30th of February for the 2nd of March.
  const isDay = year && Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  const time = new Date(isDay ? source.toUpperCase() : Number.NaN)
  if (!Number.isNaN(time.getTime())) return time
  throw new ExpressionError(
    'type',
    `timestamp() takes RFC 3339 text such as 2026-01-31T09:30:00Z, not ${quote(source)}`,
  )
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/

/** A span such as `90s`, `1h30m` or `-1.5h`. */
export function duration(value: string | Duration): Duration {
  if (value instanceof Duration) return value
  const [, sign, rest = ''] = DURATION.exec(value) ?? []
  if (!rest) throw new ExpressionError('type', `duration() takes text such as 90s, 1h30m or 250ms, not ${quote(value)}`)

  let nanos = 0n
  for (const [, whole = '', fraction = '', unit = 's'] of rest.matchAll(DURATION_PART)) {
    const size = NANOS[unit] ?? 0n
    nanos += BigInt(whole || '0') * size + (BigInt(fraction.slice(0, 13).padEnd(13, '0')) * size) / 10n ** 13n
  }
  if (sign === '-') nanos = -nanos
  checkNanos(nanos)
  return new Duration(nanos / 10n ** 9n, Number(nanos % 10n ** 9n))
}

function checkNanos(nanos: bigint) {
  if (nanos > NANOS_MAX || nanos < -NANOS_MAX) throw new ExpressionError('number', 'a duration is beyond 10,000 years')
}

const DURATION = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0)$/
const DURATION_PART = /(\d*)\.?(\d*)(ns|us|µs|ms|s|m|h)/g
const NANOS_MAX = 315_576_000_000n * 10n ** 9n
const NANOS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  ms: 1_000_000n,
  s: 10n ** 9n,
  m: 60n * 10n ** 9n,
  h: 3600n * 10n ** 9n,
}

/** As Protobuf's JSON writes it: UTC, with a fraction only where there is one. */
export const formatTimestamp = (time: Date): string => timestamp(time).toISOString().replace('.000Z', 'Z')

/** As Protobuf's JSON writes it: seconds with up to nine decimals, `1.5s`. */
export function formatDuration(span: Duration): string {
  const nanos = nanosOf(span)
  checkNanos(nanos)
  const size = nanos < 0n ? -nanos : nanos
  const fraction = (size % 10n ** 9n).toString().padStart(9, '0').replace(/0+$/, '')
  return `${nanos < 0n ? '-' : ''}${size / 10n ** 9n}${fraction && `.${fraction}`}s`
}

const nanosOf = (span: Duration) => span.seconds * 10n ** 9n + BigInt(span.nanos)

/** A span in whole units; of milliseconds the part below a second. */
export const durationPart = {
  getHours: (span: Duration) => nanosOf(span) / (3600n * 10n ** 9n),
  getMinutes: (span: Duration) => nanosOf(span) / (60n * 10n ** 9n),
  getSeconds: (span: Duration) => nanosOf(span) / 10n ** 9n,
  getMilliseconds: (span: Duration) => (nanosOf(span) / 10n ** 6n) % 1000n,
}

/** The parts of an instant, in UTC or at an offset such as `+02:00`. */
export const timestampPart = {
  getFullYear: part((time) => time.getUTCFullYear()),
  getMonth: part((time) => time.getUTCMonth()),
  getDate: part((time) => time.getUTCDate()),
  getDayOfMonth: part((time) => time.getUTCDate() - 1),
  getDayOfWeek: part((time) => time.getUTCDay()),
  getDayOfYear: part((time) => Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / 86_400_000)),
  getHours: part((time) => time.getUTCHours()),
  getMinutes: part((time) => time.getUTCMinutes()),
  getSeconds: part((time) => time.getUTCSeconds()),
  getMilliseconds: part((time) => time.getUTCMilliseconds()),
}

function part(read: (time: Date) => number) {
  return (time: Date, zone = 'UTC') => BigInt(read(new Date(time.getTime() + offsetMs(zone))))
}

/** Named zones are refused: their tables differ between machines and years, so a replay could give another answer. */
function offsetMs(zone: string): number {
  if (zone === 'UTC') return 0
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? []
  if (!hours) throw new ExpressionError('type', `a time zone is UTC or an offset such as +02:00, not ${quote(zone)}`)
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

const OFFSET = /^([+-]?)(\d\d):(\d\d)$/

const quote = (source: string) => JSON.stringify(source.length > 40 ? `${source.slice(0, 40)}…` : source)
