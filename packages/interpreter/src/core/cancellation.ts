/**
 * A tree of what can be cancelled. Smaller and cheaper than AbortSignal: no events, no exceptions, and listeners run in the order in which
 * they came, so that a replay cancels in the same order.
 */
export type Cancellation = {
  /** Cancels this and everything below it; a repeat changes nothing. */
  cancel(): void
  readonly isCancelled: boolean
  /** Calls `listener` once: at once when already cancelled, else when it comes. Gives back how to stop listening. */
  onCancel(listener: () => void): () => void
  /** A cancellation below this one. `detach` it when its work is done, or the parent remembers it for ever. */
  child(): Cancellation
  detach(): void
}

export function createCancellation(parent?: Cancellation): Cancellation {
  const listeners = new Set<() => void>()
  let isCancelled = false

  const self: Cancellation = {
    cancel() {
      if (isCancelled) return
      isCancelled = true
      const called = [...listeners]
      listeners.clear()
      for (const listener of called) listener()
    },
    get isCancelled() {
      return isCancelled
    },
    onCancel(listener) {
      if (isCancelled) listener()
      else listeners.add(listener)
      return () => listeners.delete(listener)
    },
    child: () => createCancellation(self),
    detach: () => stopListening(),
  }
  const stopListening = parent?.onCancel(self.cancel) ?? (() => {})
  return self
}
