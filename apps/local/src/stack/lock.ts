import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ClearError } from '../clear-error.ts'

type Entry = { pid: number; name: string; command: string }

/** One stack a home. It also names every process that the stack started, for the case that nobody could end them. */
export type Lock = {
  add(process: { pid: number; name: string }): void
  release(): void
}

/**
 * Takes the home for this process. When the stack before was killed, and so could not end its processes, they are
 * ended first, the last started first.
 * @throws ClearError when a stack runs in this home already.
 */
export async function takeLock(file: string, { say }: { say: (message: string) => void }): Promise<Lock> {
  const [holder, ...started] = read(file)
  if (holder && holder.pid !== process.pid && isSame(holder)) {
    throw new ClearError(
      `Treadle runs already with this home (process ${holder.pid}): end it with Ctrl-C, or set TREADLE_HOME, and the ports, ` +
        'to start a second one.',
    )
  }
  for (const entry of started.filter(isSame).toReversed()) {
    say(`Ending ${entry.name} (process ${entry.pid}), which a start before left behind`)
    await end(entry)
  }

  const entries: Entry[] = []
  const add = ({ pid, name }: { pid: number; name: string }) => {
    entries.push({ pid, name, command: commandOf(pid) })
    writeFileSync(file, JSON.stringify(entries))
  }
  mkdirSync(dirname(file), { recursive: true })
  add({ pid: process.pid, name: 'Treadle' })
  return { add, release: () => rmSync(file, { force: true }) }
}

const END_TIMEOUT_MS = 10_000

/** Asks a process to end, and kills what it leads when it does not. */
async function end(entry: Entry): Promise<void> {
  process.kill(entry.pid, 'SIGINT')
  for (const deadline = performance.now() + END_TIMEOUT_MS; performance.now() < deadline; await delay(50)) {
    if (!isSame(entry)) return
  }
  process.kill(-entry.pid, 'SIGKILL')
}

/** Is it still that process, and not another one that got its number since? */
const isSame = ({ pid, command }: Entry) => command !== '' && commandOf(pid) === command

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return '' // There is no such process.
  }
}

function read(file: string): Entry[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry[]
  } catch {
    return [] // Nobody was here, or died while writing.
  }
}
