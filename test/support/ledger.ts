import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/** A record of the processes that tests started, across the processes that tests run in. */
export type Ledger = {
  readonly file: string
  add(process: { pid: number; name: string }): void
  /** Ends what of it still runs, and names it. */
  endAlive(): string[]
}

export const openLedger = (file: string): Ledger => ({
  file,
  add: ({ pid, name }) => appendFileSync(file, `${pid} ${name}\n`),
  endAlive() {
    if (!existsSync(file)) return []
    const entries = readFileSync(file, 'utf8').split('\n').filter(Boolean)
    return entries.filter((entry) => killGroup(Number.parseInt(entry, 10)))
  },
})

/** Kills a process group. False when it is gone already. Every process here leads a group of its own. */
function killGroup(pid: number): boolean {
  try {
    process.kill(-pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
