import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inject, onTestFinished } from 'vitest'
import { openLedger } from './ledger.ts'

/** A program as a person runs it in a terminal: what it prints, and Ctrl-C. */
export type Program = {
  readonly pid: number
  /** All that it has printed so far, errors included. */
  output(): string
  /** Resolves to all that was printed up to the moment in which `pattern` first matched. Rejects if it ends before. */
  printed(pattern: RegExp): Promise<string>
  /** Ctrl-C: the terminal signals the whole group in the foreground. */
  interrupt(): void
  /** Kills the program alone, without notice. */
  kill(): void
  /** Its exit code, once it has ended; null when a signal killed it. */
  readonly ended: Promise<number | null>
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a command in the root of the repository; it is gone after the test. */
export function runProgram(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(command, args, { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const pid = child.pid ?? 0
  openLedger(inject('shared').ledgerFile).add({ pid, name: [command, ...args].join(' ') })
  let output = ''
  const watchers = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      for (const watcher of watchers) watcher()
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
    await ended
  })
  return {
    pid,
    output: () => output,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const watcher = () => {
          if (!pattern.test(output)) return
          watchers.delete(watcher)
          resolve(output)
        }
        watchers.add(watcher)
        watcher()
        ended.then((code) => reject(new Error(`It ended (${code}) before it printed ${pattern}:\n${output}`)))
      })
    },
    interrupt: () => process.kill(-pid, 'SIGINT'),
    kill: () => process.kill(pid, 'SIGKILL'),
    ended,
  }
}
