// Classes of SQLSTATE: connection, rollback (serialisation, deadlock), resources, operator intervention (restart, timeout).
const TRANSIENT_CLASSES = new Set(['08', '40', '53', '57', '58'])
const LOCK_NOT_AVAILABLE = '55P03'
const READ_ONLY = '25006' // A standby that has not been promoted yet.

/** Says whether the same statement may succeed later: Postgres is away, or overloaded, or chose this statement to give way. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) return false
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return true // The driver's own: the connection ended, or could not be made in time.
  if (!/^[0-9A-Z]{5}$/.test(code)) return true // The operating system's: ECONNREFUSED and its like.
  return TRANSIENT_CLASSES.has(code.slice(0, 2)) || code === LOCK_NOT_AVAILABLE || code === READ_ONLY
}
