/** Lets one caller in at a time, in the order of asking. */
export type Turn = <Value>(work: () => Promise<Value>) => Promise<Value>

export function createTurn(): Turn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine.catch(() => {})
    return mine
  }
}
