import type { Json } from '@treadle/contract'
import type { Cancellation } from '@treadle/interpreter'

/** A node whose next attempt is further off is left to the workflow, so that a segment is not held open by an outage. */
const BACKOFF_MS_MAX = 1_000
/** What a segment gives back stays below Temporal's bounds, in UTF-16 units of JSON: past this it starts no node. */
const OUTPUTS_LENGTH_MAX = 256 * 1024

/**
 * How long a segment goes on.
 * 1. No node is started once its time is over, its outputs are much, or a pause was asked for.
 * 2. It has come to rest when nothing is under way: then nothing of it can go on any more.
 * 3. It is broken when the log cannot be written by it: nothing of it counts from then on.
 */
export type SegmentTime = ReturnType<typeof createSegmentTime>

export function createSegmentTime({ startMs }: { startMs: number }) {
  const startUntil = performance.now() + startMs
  const timers = new Set<NodeJS.Timeout>()
  const breakListeners = new Set<() => void>()
  let underWay = 0
  let outputsLength = 0
  let isPaused = false
  let wasCancelled = false
  let retryMs: number | undefined
  let broken: string | undefined
  let rest: () => void = () => {}
  const atRest = new Promise<void>((resolve) => {
    rest = resolve
  })

  function restIfIdle(): void {
    if (underWay > 0) return
    // What is answered may ask for more, in promises that have to run first.
    setImmediate(() => {
      if (underWay === 0) rest()
    })
  }

  function breakOff(why: string): void {
    broken ??= why
    for (const listener of breakListeners) listener()
    rest()
  }

  function wait(ms: number, cancellation: Cancellation): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (elapsed: boolean) => {
        clearTimeout(timer)
        timers.delete(timer)
        stopListening()
        resolve(elapsed)
      }
      let stopListening = () => {}
      const timer = setTimeout(() => end(true), ms)
      timers.add(timer)
      stopListening = cancellation.onCancel(() => end(false))
    })
  }

  async function during<T>(work: Promise<T>): Promise<T> {
    underWay += 1
    try {
      return await work
    } finally {
      underWay -= 1
      restIfIdle()
    }
  }

  return {
    get mayStart() {
      return performance.now() < startUntil && outputsLength < OUTPUTS_LENGTH_MAX && !isPaused && broken === undefined
    },
    get isPaused() {
      return isPaused
    },
    get wasCancelled() {
      return wasCancelled
    },
    get retryMs() {
      return retryMs
    },
    get broken() {
      return broken
    },
    /** Resolves when nothing is under way any more; asked for once the core has begun. */
    rest: (): Promise<void> => {
      restIfIdle()
      return atRest
    },
    during,
    spend(output: Json): void {
      outputsLength += JSON.stringify(output).length
    },
    pause(): void {
      isPaused = true
    },
    /**
     * A node was cancelled before, by an executor that is gone. Whatever cancelled it comes about again, and this resolves; where it does not
     * the run itself was cancelled, and the segment comes to rest.
     */
    cancelledBefore(cancellation: Cancellation): Promise<void> {
      wasCancelled = true
      return new Promise((resolve) => cancellation.onCancel(resolve))
    },
    break: breakOff,
    /** Calls `listener` when it breaks. Gives back how to stop listening. */
    onBreak(listener: () => void): () => void {
      if (broken !== undefined) listener()
      else breakListeners.add(listener)
      return () => breakListeners.delete(listener)
    },
    /** Waits until the next attempt; false when cancelled. Where that is far off it never resolves. */
    backOff(ms: number, cancellation: Cancellation): Promise<boolean> {
      if (ms <= BACKOFF_MS_MAX) return during(wait(ms, cancellation))
      retryMs = Math.max(ms, retryMs ?? 0)
      return new Promise((resolve) => cancellation.onCancel(() => resolve(false)))
    },
    /** A bound of something that runs: true when it is reached, false when cancelled before. */
    until: (untilMs: number, cancellation: Cancellation): Promise<boolean> =>
      cancellation.isCancelled ? Promise.resolve(false) : wait(Math.max(0, untilMs - Date.now()), cancellation),
    stop(): void {
      for (const timer of timers) clearTimeout(timer)
    },
  }
}
