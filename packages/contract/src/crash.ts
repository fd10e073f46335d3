const { NODE_ENV, TREADLE_CRASH_AT } = process.env
const armed = new Set(NODE_ENV === 'test' ? TREADLE_CRASH_AT?.split(',') : undefined)

/**
 * Lets the process die, as if somebody had pulled the plug, where TREADLE_CRASH_AT (places, with commas between them) names `place`: for tests
 * that kill a service after one thing was done, and before the next. Undefined, so that places cost nothing, unless NODE_ENV is `test`.
 */
export const crashAt = armed.size === 0 ? undefined : crash

function crash(place: string): void {
  if (!armed.has(place)) return
  process.kill(process.pid, 'SIGKILL')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) // The signal comes at once, and not a line later.
}
