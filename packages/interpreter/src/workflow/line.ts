/**
 * Local activities of a run go one after the other, in the order in which they were called. Of two under way at once a live execution hears
 * as they end, one by one; its replay hears of both together, in the order of their start, and would go another way.
 */
export function createLine() {
  const waiting: (() => void)[] = []
  let isBusy = false

  async function enter(): Promise<void> {
    if (isBusy) await new Promise<void>((resolve) => waiting.push(resolve))
    isBusy = true
  }

  /** Who waits longest goes on; between the two nobody else gets in. */
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else isBusy = false
  }

  return {
    /** The same function, which waits for its turn first. */
    inTurn<Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) {
      return async (...args: Args): Promise<Result> => {
        await enter()
        try {
          return await call(...args)
        } finally {
          leave()
        }
      }
    },
    /** One is under way, or about to be. */
    get isBusy() {
      return isBusy
    },
  }
}
