import { messageOf } from '../clear-error.ts'
import { type Child, type ChildOptions, type Exit, startChild } from './child.ts'

/** What can be ended, with a name for messages. */
export type Stoppable = { name: string; stop(): Promise<void>; kill?(): Promise<void> }

/**
 * Everything that one stack has started. Invariants:
 * 1. What was started is known here before anyone else hears of it, so nothing can be forgotten.
 * 2. Ending happens in the reverse order of starting, one after the other: who uses another ends before it.
 * 3. Nothing is started while ending; nothing is ever restarted.
 */
export type Supervisor = {
  /** Starts a process and keeps it. Ended again at once if the stack began to end meanwhile. */
  start(options: ChildOptions): Promise<Child>
  /** Keeps something else that has to be ended, such as a server in this process. Ended at once while ending. */
  keep<T extends Stoppable>(resource: T): T
  /** Called when a process ends that nobody asked to end. */
  onUnexpectedExit(listener: (child: Child, exit: Exit) => void): void
  /** Ends everything. A failure to end one thing does not keep the rest alive. Called again, it is the same ending. */
  stopAll(): Promise<void>
  /** Kills everything at once, for those who do not want to wait for `stopAll`. */
  killAll(): Promise<void>
}

export type SupervisorOptions = {
  /** Told each process id as soon as it exists, for a record of what must be gone in the end. */
  onSpawn?: (child: Child) => void
  /** Told what is being ended, and what could not be. */
  onStop?: (message: string) => void
}

export function createSupervisor({ onSpawn = () => {}, onStop = () => {} }: SupervisorOptions = {}): Supervisor {
  const kept: Stoppable[] = []
  const listeners = new Set<(child: Child, exit: Exit) => void>()
  let ending: Promise<void> | undefined

  const stopInOrder = async () => {
    for (let last = kept.at(-1); last !== undefined; last = kept.at(-1)) {
      const { name } = last
      onStop(`Stopping ${name}`)
      await last.stop().catch((error: unknown) => onStop(`${name} did not stop well: ${messageOf(error)}`))
      kept.pop() // Only now, so that `killAll` finds it while it is being stopped.
    }
  }
  return {
    async start(options) {
      if (ending) throw new Error(`${options.name} is not started: the stack is ending.`)
      const child = await startChild(options)
      kept.push(child)
      onSpawn(child)
      if (ending) await child.kill()
      child.exited.then((exit) => {
        const index = kept.indexOf(child)
        if (ending || index === -1) return
        for (const listener of listeners) listener(child, exit)
      })
      return child
    },
    keep(resource) {
      if (ending) resource.stop().catch(() => {})
      else kept.push(resource)
      return resource
    },
    onUnexpectedExit: (listener) => void listeners.add(listener),
    stopAll() {
      ending ??= stopInOrder()
      return ending
    },
    async killAll() {
      ending ??= Promise.resolve()
      await Promise.allSettled(kept.map((resource) => (resource.kill ?? resource.stop)()))
    },
  }
}
