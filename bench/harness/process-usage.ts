import { readdirSync, readFileSync } from 'node:fs'

/** CPU time that processes have used so far, in ms, with their children. Linux only: elsewhere 0. */
export function cpuMs(pids: readonly number[]): number {
  const all = readProcesses()
  return familyOf(all, pids).reduce((sum, { cpuTicks }) => sum + cpuTicks * MS_PER_TICK, 0)
}

/** Memory that processes hold, with their children, in MiB. What they share is counted for each. */
export function residentMiB(pids: readonly number[]): number {
  return familyOf(readProcesses(), pids).reduce((sum, { pages }) => sum + (pages * PAGE_BYTES) / 2 ** 20, 0)
}

/** A process and its children, with their command lines. */
export const processesOf = (pid: number): { pid: number; command: string }[] =>
  familyOf(readProcesses(), [pid]).map((row) => ({ pid: row.pid, command: commandOf(row.pid) }))

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // It ended between the listing and the reading.
  }
}

// What Linux gives on every machine that Node runs on (sysconf _SC_CLK_TCK, _SC_PAGESIZE on x64 and most of arm64).
const MS_PER_TICK = 10
const PAGE_BYTES = 4096

type ProcessRow = { pid: number; parent: number; cpuTicks: number; pages: number }

function readProcesses(): ProcessRow[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []))
}

function readProcess(pid: number): ProcessRow[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name, the second field, may hold spaces and brackets; what follows it starts with the state, field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const field = (number: number) => Number(fields[number - 3])
    // utime, stime, and those of children that have ended.
    return [{ pid, parent: field(4), cpuTicks: field(14) + field(15) + field(16) + field(17), pages: field(24) }]
  } catch {
    return [] // It ended between the listing and the reading.
  }
}

function familyOf(all: readonly ProcessRow[], roots: readonly number[]): ProcessRow[] {
  const family = new Set(roots)
  for (let grown = true; grown; ) {
    const children = all.filter(({ pid, parent }) => family.has(parent) && !family.has(pid))
    for (const { pid } of children) family.add(pid)
    grown = children.length > 0
  }
  return all.filter(({ pid }) => family.has(pid))
}
