import type { Cancellation } from './cancellation.ts'
import { cancelled } from './failure.ts'

/** Tasks that stand and fall together. */
export type Group = {
  /** Of the tasks: cancelled with the first one that fails. */
  readonly cancellation: Cancellation
  /** Starts a task, unless the group is ending. A task may spawn others before it ends. */
  spawn(task: () => Promise<void>): void
}

/**
 * Runs the tasks that `begin` spawns, and those that they spawn. Resolves when none runs any more. When one fails the others are cancelled
 * and waited for, then it rejects with that first error; when the parent is cancelled, with `cancelled`.
 */
export function runGroup(parent: Cancellation, begin: (group: Group) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancellation = parent.child()
    let running = 1
    let failed = false
    let firstError: unknown

    const end = () => {
      running -= 1
      if (running > 0) return
      const wasCancelled = cancellation.isCancelled
      cancellation.detach()
      if (failed) reject(firstError)
      else if (wasCancelled) reject(cancelled())
      else resolve()
    }
    const abandon = (error: unknown) => {
      if (!failed) firstError = error
      failed = true
      cancellation.cancel()
      end()
    }
    const spawn = (task: () => Promise<void>) => {
      if (cancellation.isCancelled) return
      running += 1
      task().then(end, abandon)
    }

    try {
      begin({ cancellation, spawn })
      end()
    } catch (error) {
      abandon(error)
    }
  })
}
