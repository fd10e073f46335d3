import type { ChildEnded } from '@treadle/contract'

export type ChildrenCarry = { ended: ChildEnded[] }

/**
 * Children that have ended, and who waits for it. A child tells its parent by a signal to its workflow id, which reaches whichever execution
 * of the parent is there by then; so a child outlives its parent's continue-as-new.
 */
export type Children = ReturnType<typeof createChildren>

export function createChildren(carry: ChildrenCarry = { ended: [] }) {
  const ended = new Map(carry.ended.map((end) => [end.runId, end]))
  const waiters = new Map<string, (end: ChildEnded) => void>()

  return {
    tell(end: ChildEnded): void {
      const waiter = waiters.get(end.runId)
      waiters.delete(end.runId)
      if (waiter) waiter(end)
      else ended.set(end.runId, end)
    },
    /** Resolves when the child has ended; at once when it has already. */
    end(runId: string): Promise<ChildEnded> {
      const known = ended.get(runId)
      ended.delete(runId)
      return known ? Promise.resolve(known) : new Promise((resolve) => waiters.set(runId, resolve))
    },
    /** Their run ids, in the order in which they came. */
    waitedFor: (): string[] => [...waiters.keys()],
    carry: (): ChildrenCarry => ({ ended: [...ended.values()] }),
  }
}
