/** Work that is done again and again in the background, one round after the other. */
export type Rounds = {
  /** The first round is `intervalMs` later. Called again, it changes nothing. */
  start(): void
  /** Resolves when the round under way is done. */
  stop(): Promise<void>
  /** For a round that takes long: it should end early then. */
  readonly isStopped: boolean
}

/** `round` must not reject: whoever gives it says what a failure means. */
export function createRounds(intervalMs: number, round: () => Promise<void>): Rounds {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let underWay: Promise<void> = Promise.resolve()

  function next(): void {
    underWay = round().then(() => {
      if (!isStopped) timer = setTimeout(next, intervalMs)
    })
  }

  return {
    start() {
      timer ??= setTimeout(next, intervalMs)
    },
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await underWay
    },
    get isStopped() {
      return isStopped
    },
  }
}
