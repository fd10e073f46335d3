/**
 * Named points where a scripted answer waits until a test lets it go on. A gate that was opened stays open, so it
 * does not matter whether the test or the answer comes first.
 */
export type Gates = {
  /** Waits until the gate is open, or `signal` aborts; resolves either way. */
  pass(name: string, signal: AbortSignal): Promise<void>
  /** Lets go whoever waits at the gate now or later. */
  open(name: string): void
  /** Resolves once somebody has come to the gate `times` times (default 1). */
  reached(name: string, times?: number): Promise<void>
}

export function createGates(): Gates {
  const gates = new Map<string, Gate>()
  const gateOf = (name: string) => {
    const gate = gates.get(name) ?? createGate()
    gates.set(name, gate)
    return gate
  }
  return {
    pass(name, signal) {
      const gate = gateOf(name)
      gate.arrive()
      return Promise.race([gate.opened, aborted(signal)])
    },
    open: (name) => gateOf(name).open(),
    reached: (name, times = 1) => gateOf(name).reached(times),
  }
}

type Gate = { opened: Promise<void>; open(): void; arrive(): void; reached(times: number): Promise<void> }

function createGate(): Gate {
  const { promise: opened, resolve: open } = withResolvers()
  const watchers = new Set<() => void>()
  let arrivals = 0
  return {
    opened,
    open,
    arrive() {
      arrivals += 1
      for (const watcher of watchers) watcher()
    },
    reached(times) {
      const { promise, resolve } = withResolvers()
      const watcher = () => {
        if (arrivals < times) return
        watchers.delete(watcher)
        resolve()
      }
      watchers.add(watcher)
      watcher()
      return promise
    },
  }
}

// Promise.withResolvers came with Node 22.
function withResolvers() {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** Resolves when the signal aborts; never, if it does not. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
