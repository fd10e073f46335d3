import { readdirSync, readFileSync } from 'node:fs'

export type ProcessUse = { residentMiB: number; handles: number }

/** What a process holds now: memory, and open files and sockets. Linux only; elsewhere nothing, so that bounds hold. */
export function processUse(pid: number): ProcessUse {
  if (process.platform !== 'linux') return { residentMiB: 0, handles: 0 }
  const [, kB = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return { residentMiB: Number(kB) / 1_024, handles: readdirSync(`/proc/${pid}/fd`).length }
}
