/** What a `Retry-After` header asks for, in milliseconds: seconds, or an HTTP date. Undefined where it says neither. */
export function parseRetryAfter(header: string | null | undefined, nowMs = Date.now()): number | undefined {
  const text = header?.trim()
  if (!text) return undefined
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000)
  const dateMs = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}
