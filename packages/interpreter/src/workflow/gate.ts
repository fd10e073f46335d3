import type { Cancellation } from '../core/cancellation.ts'

/**
 * What everything that leaves the workflow passes: activities, children, evaluations.
 * 1. At most `max` are in flight; the others wait in the order in which they came.
 * 2. While it is paused or drains, nobody enters. Who waits and is cancelled goes away.
 */
export type Gate = ReturnType<typeof createGate>

export function createGate(max: number) {
  const queue: { enter: () => void; passesPause: boolean }[] = []
  let inFlight = 0
  let parked = 0
  let isPaused = false
  let isDraining = false

  const mayEnter = (passesPause: boolean) => inFlight < max && !isDraining && (passesPause || !isPaused)

  function admit(): void {
    for (let at = 0; at < queue.length; ) {
      const next = queue[at]
      if (!next || inFlight >= max || isDraining) return
      if (mayEnter(next.passesPause)) {
        queue.splice(at, 1)
        next.enter()
      } else at += 1
    }
  }

  return {
    /** Resolves to true once inside (then `leave` has to follow), to false when cancelled before. */
    enter(cancellation?: Cancellation, passesPause = false): Promise<boolean> | boolean {
      if (cancellation?.isCancelled) return false
      if (mayEnter(passesPause) && queue.length === 0) {
        inFlight += 1
        return true
      }
      return new Promise((resolve) => {
        const stopListening = cancellation?.onCancel(() => {
          const index = queue.indexOf(waiter)
          if (index >= 0) queue.splice(index, 1)
          resolve(false)
        })
        const waiter = {
          passesPause,
          enter: () => {
            stopListening?.()
            inFlight += 1
            resolve(true)
          },
        }
        queue.push(waiter)
        admit()
      })
    },
    leave(): void {
      inFlight -= 1
      admit()
    },
    /** What is inside and waits for something that a successor can go on waiting for, until what is given back is called. */
    park(): () => void {
      parked += 1
      return () => {
        parked -= 1
      }
    },
    pause(paused: boolean): void {
      isPaused = paused
      admit()
    },
    /** Nobody enters any more: the workflow is about to continue as new. */
    drain(): void {
      isDraining = true
    },
    /** Nothing is inside that would be lost. */
    get isDrained() {
      return isDraining && inFlight === parked
    },
    get isPaused() {
      return isPaused
    },
    /** Who is inside is so alone. */
    get hasOne() {
      return inFlight === 1
    },
    get isIdle() {
      return inFlight === 0 && queue.length === 0
    },
  }
}
