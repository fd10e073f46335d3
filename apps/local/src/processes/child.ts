import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { ClearError } from '../clear-error.ts'
import { createLogTail } from './log-tail.ts'

export type ChildOptions = {
  /** How people call it: `worker`, `Postgres`. */
  name: string
  command: string
  args: readonly string[]
  /** The whole environment of the child; nothing is inherited beside it. */
  env: NodeJS.ProcessEnv
  cwd?: string
  /** Everything it prints is appended here. Default: only the tail is kept, in memory. */
  logFile?: string
  /** To run as another user; needs root. */
  user?: { uid: number; gid: number }
  /** Asked to end by this signal. Default SIGTERM. */
  stopSignal?: NodeJS.Signals
  /** How long it may take to end before it is killed, in ms. Default 10,000. */
  stopTimeoutMs?: number
}

/** How a process ended: the code, or the signal that killed it. */
export type Exit = { code: number | null; signal: NodeJS.Signals | null }

export type Child = {
  readonly name: string
  readonly pid: number
  readonly logFile: string | undefined
  /** Resolves when it has ended and all that it printed was read. Never rejects. */
  readonly exited: Promise<Exit>
  /** Undefined while it runs. */
  readonly exit: Exit | undefined
  /** The last lines that it printed, oldest first. */
  tail(): string
  /**
   * The first line, printed already or yet to come, that `pick` makes something of.
   * @throws ClearError with the last lines, if the child ends before, or `timeoutMs` (default 60,000) pass.
   */
  line<T>(pick: (line: string) => T | undefined, timeoutMs?: number): Promise<T>
  /** Sends a signal to it alone. */
  signal(signal: NodeJS.Signals): void
  /** Asks it to end, waits, and kills it with all that it started when it takes too long. May be called again. */
  stop(): Promise<void>
  /** Kills it and all that it started, at once. Resolves when it is gone. */
  kill(): Promise<void>
}

const STOP_TIMEOUT_MS = 10_000
const READY_TIMEOUT_MS = 60_000

/**
 * Starts a program in a process group of its own: a Ctrl-C of the terminal reaches only whoever started it, which then
 * ends its children in order, and a kill of the group reaches what the child has started itself. It is never restarted.
 * @throws ClearError when the program cannot be executed.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const {
    name,
    command,
    args,
    env,
    cwd,
    user,
    logFile,
    stopSignal = 'SIGTERM',
    stopTimeoutMs = STOP_TIMEOUT_MS,
  } = options
  const child = spawn(command, args, { env, cwd, ...user, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const tail = createLogTail()
  follow(child, tail.push, logFile)

  let exit: Exit | undefined
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      exit = { code, signal }
      tail.close()
      resolve(exit)
    })
  })
  const pid = await started(child, name, command)

  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal)
    } catch {
      // The whole group is gone already.
    }
  }
  const kill = async () => {
    signalGroup('SIGKILL')
    await exited
  }
  const stop = async () => {
    if (!exit) {
      child.kill(stopSignal)
      await within(exited, stopTimeoutMs)
    }
    await kill() // Nothing to do after an orderly end, unless the child left some of its own behind.
  }
  return {
    name,
    pid,
    logFile,
    exited,
    get exit() {
      return exit
    },
    tail: tail.text,
    async line(pick, timeoutMs = READY_TIMEOUT_MS) {
      const ended = () => new ClearError(`${name} ended before it was ready (${describeExit(exit)}).\n${tail.text()}`)
      const found = await within(tail.find(pick, ended), timeoutMs)
      if (found === undefined)
        throw new ClearError(`${name} was not ready after ${timeoutMs / 1000} s.\n${tail.text()}`)
      return found
    },
    signal: (signal) => void child.kill(signal),
    stop,
    kill,
  }
}

/** `exit code 1`, `killed by SIGKILL`. */
export function describeExit(exit: Exit | undefined): string {
  if (exit?.signal) return `killed by ${exit.signal}`
  return exit ? `exit code ${exit.code}` : 'still running'
}

function started(child: ChildProcess, name: string, command: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0))
    child.once('error', (error) =>
      reject(new ClearError(`${name} could not be started from ${command}: ${error.message}`)),
    )
  })
}

function follow(child: ChildProcess, push: (line: string) => void, logFile: string | undefined): void {
  const outputs = [child.stdout, child.stderr].filter((output): output is Readable => output !== null)
  for (const output of outputs) createInterface({ input: output }).on('line', push)
  if (logFile === undefined) return
  mkdirSync(dirname(logFile), { recursive: true })
  const file = createWriteStream(logFile, { flags: 'a' })
  for (const output of outputs) output.pipe(file, { end: false })
  child.once('close', () => file.end())
}

/** What `event` gives, or undefined when `timeoutMs` pass before. */
async function within<T>(event: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([event, timeout])
  } finally {
    clearTimeout(timer)
  }
}
