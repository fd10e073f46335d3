import { median } from './statistics.ts'

/** CPU time in ms: of Temporal and Postgres, and of the side's own processes. */
export type CpuShares = { serversCpuMs: number; sideCpuMs: number }

/** Notes for the table: how much of each role's CPU time its own processes take, and how much would stay if they took none. */
export const cpuNotes = (what: string, results: Record<string, readonly CpuShares[]>): string[] =>
  Object.entries(results).map(([role, rounds]) => {
    const servers = median(rounds.map(({ serversCpuMs }) => serversCpuMs)).toFixed(1)
    const side = median(rounds.map(({ sideCpuMs }) => sideCpuMs)).toFixed(1)
    return `CPU of ${what}, ${role}: ${servers} ms in Temporal and Postgres, ${side} ms in API and worker`
  })
