import { type Child, describeExit } from '@treadle/local'

/** A service of the stack as a real process, which a test may kill and start again. */
export type Service = {
  readonly name: string
  /** The process now, or the last one. */
  readonly child: Child
  /** Kills it without notice (SIGKILL), or sends another signal, and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Ends it in order and waits. */
  stop(): Promise<void>
  /** Ends it if it runs, and starts a new process with the same settings and the same port. */
  restart(): Promise<void>
  /** How it stands, and its last lines, for the report of a failed test. */
  describe(): string
}

export async function createService(name: string, start: () => Promise<Child>): Promise<Service> {
  let child = await start()
  return {
    name,
    get child() {
      return child
    },
    async kill(signal = 'SIGKILL') {
      child.signal(signal)
      await child.exited
    },
    stop: () => child.stop(),
    async restart() {
      await child.stop()
      child = await start()
    },
    describe: () => `--- ${name} (pid ${child.pid}, ${describeExit(child.exit)}) ---\n${child.tail()}`,
  }
}
