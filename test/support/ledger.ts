import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A record of the processes that tests started, across the processes that tests run in. */
export type Ledger = {
  readonly file: string
  add(process: { pid: number; name: string }): void
  /** Ends what of it, or started by it, still runs, and names it. */
  endAlive(): string[]
}

export const openLedger = (file: string): Ledger => ({
  file,
  add: ({ pid, name }) => appendFileSync(file, `${pid} ${name}\n`),
  endAlive() {
    if (!existsSync(file)) return []
    const groups = livingGroups()
    const entries = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    const alive = entries.filter((entry) => groups.has(Number.parseInt(entry, 10)))
    for (const entry of alive) process.kill(-Number.parseInt(entry, 10), 'SIGKILL')
    return alive
  },
})

/** Process groups in which something runs. Each process that is started leads a group of its own. */
function livingGroups(): Set<number> {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' })
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/))
  // State Z: ended, and kept only until its parent notices.
  return new Set(rows.filter(([, state = 'Z']) => !state.startsWith('Z')).map(([group]) => Number(group)))
}
