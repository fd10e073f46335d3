// Classes of SQLSTATE, and socket errors of Node, that say: not now. Anything else is a fault of ours.
const SQL_CLASSES = new Set(['08' /* connection */, '53' /* out of resources */, '57' /* shut down, cancelled */])
const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
])
// pg says these in words only.
const PG_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error/

/** Says whether Postgres could not be reached, or could not serve now; then the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') {
    if (SOCKET_ERRORS.has(code)) return true
    if (code.length === 5 && (SQL_CLASSES.has(code.slice(0, 2)) || code === '55P03' || code === '40P01')) return true
  }
  if (PG_MESSAGES.test(error.message)) return true
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true
  return error.cause !== undefined && isUnavailable(error.cause)
}
