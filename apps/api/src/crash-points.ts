/**
 * Places at which a test lets the process die, as if somebody had pulled the plug: after one thing was done, and before the next. They do
 * nothing unless NODE_ENV is `test` and TREADLE_CRASH_AT names one.
 */
export type CrashPoint =
  | 'run.checked'
  | 'run.stored'
  | 'run.told'
  | 'run.marked'
  | 'key.claimed'
  | 'key.answered'
  | 'cancel.flagged'
  | 'cancel.told'
  | 'terminate.told'
  | 'terminate.closed'
  | 'pause.flagged'
  | 'pause.told'
  | 'resume.flagged'
  | 'resume.told'
  | 'signal.checked'
  | 'signal.kept'
  | 'signal.sent'
  | 'signal.received'
  | 'workflow.checked'
  | 'workflow.stored'
  | 'label.moved'
  | 'blob.stored'

const armed = process.env.NODE_ENV === 'test' ? process.env.TREADLE_CRASH_AT : undefined

export function crashPoint(name: CrashPoint): void {
  if (name !== armed) return
  process.kill(process.pid, 'SIGKILL')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) // The signal comes at once, and not a line later.
}
