/** A second press of Ctrl-C ends at once; what comes sooner is the first one, passed on by the terminal and by npm. */
const SAME_PRESS_MS = 500

export type Ending = {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal
  /** Begins the end without a signal. */
  begin(): void
}

/**
 * Listens for SIGINT, SIGTERM and SIGHUP: the first begins the end, a second Ctrl-C calls `force`. `now` gives milliseconds.
 */
export function listenForEnd({
  force,
  source = process,
  now = () => performance.now(),
}: {
  force: () => void
  source?: { on(event: NodeJS.Signals, listener: () => void): unknown }
  now?: () => number
}): Ending {
  const ending = new AbortController()
  let interruptedAt: number | undefined
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) source.on(signal, () => ending.abort())
  source.on('SIGINT', () => {
    if (interruptedAt !== undefined && now() - interruptedAt > SAME_PRESS_MS) force()
    interruptedAt ??= now()
    ending.abort()
  })
  return { signal: ending.signal, begin: () => ending.abort() }
}
