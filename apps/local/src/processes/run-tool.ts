import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createLogTail } from './log-tail.ts'

export type ToolRun = {
  env: NodeJS.ProcessEnv
  cwd?: string
  /** Told each line that it prints, for progress. */
  onLine?: (line: string) => void
  /** Ends it, and what it started. */
  signal?: AbortSignal
}

/**
 * Runs a program to its end and resolves to what it printed.
 * @throws Error with its last line (or that it is not there), when it fails; the signal's reason, when that aborts.
 */
export async function runTool(command: string, args: readonly string[], options: ToolRun): Promise<string> {
  const { env, cwd, onLine = () => {}, signal } = options
  signal?.throwIfAborted()
  const tail = createLogTail()
  const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      tail.push(line)
      onLine(line)
    })
  }
  const killGroup = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  signal?.addEventListener('abort', killGroup, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new Error(`${command} is not installed`, { cause: error }) : error),
      )
      child.once('close', resolve)
    })
    signal?.throwIfAborted()
    if (code !== 0) throw new Error(lastLine(tail.text()) ?? `${command} failed with exit code ${code}`)
    return tail.text()
  } finally {
    signal?.removeEventListener('abort', killGroup)
  }
}

const lastLine = (text: string) => text.split('\n').findLast((line) => line.trim() !== '')
