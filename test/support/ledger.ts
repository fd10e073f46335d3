import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A record of the processes that tests started, across the processes that tests run in. */
export type Ledger = {
  readonly file: string
  /** The first to be added is the one that runs the tests. Each of the others leads a process group of its own. */
  add(process: { pid: number; name: string }): void
  /** Ends what of the others, or started by them, still runs, and names it. */
  endAlive(): string[]
}

type Entry = { pid: number; name: string; command: string }

export const openLedger = (file: string): Ledger => ({
  file,
  add: ({ pid, name }) => appendFileSync(file, `${JSON.stringify({ pid, name, command: commandOf(pid) })}\n`),
  endAlive() {
    const groups = livingGroups()
    // A number that somebody else has by now is not ours to end.
    const [, ...started] = read(file)
    const alive = started.filter(({ pid, command }) => groups.has(pid) && ['', command].includes(commandOf(pid)))
    for (const { pid } of alive) end(pid)
    return alive.map(({ pid, name }) => `${name} (process ${pid})`)
  },
})

function end(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    // Two runs that start at once find the same processes.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Has the process that runs the tests ended? False too where that is not known. */
export function isAbandoned(file: string): boolean {
  const [holder] = read(file)
  return holder !== undefined && commandOf(holder.pid) !== holder.command
}

function read(file: string): Entry[] {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').flatMap(parse)
}

function parse(line: string): Entry[] {
  try {
    return [JSON.parse(line) as Entry]
  } catch {
    return [] // The empty end, or a line that was cut off when its writer was killed.
  }
}

/** The command line of a process, by which it is known again; empty when there is none. */
const commandOf = (pid: number): string =>
  spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()

/** Process groups in which something runs. */
function livingGroups(): Set<number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' })
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/))
  // State Z: ended, and kept only until its parent notices.
  return new Set(rows.filter(([, state = 'Z']) => !state.startsWith('Z')).map(([group]) => Number(group)))
}
