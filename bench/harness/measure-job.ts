import type { Job, ResultOf } from '../load/jobs.ts'
import type { Side } from '../sides/side.ts'
import type { Bed } from './bed.ts'
import { cpuMs } from './process-usage.ts'

/** What a job gave, and the CPU time that it took in the servers and in the side: not in the model, nor in the clients. */
export type Measured<J extends Job> = ResultOf<J> & { serversCpuMs: number; sideCpuMs: number }

export async function measureJob<J extends Job>(bed: Bed, side: Side, job: J): Promise<Measured<J>> {
  const [servers, load] = await Promise.all([bed.servers(), bed.load()])
  const before = { servers: cpuMs(servers.pids), side: cpuMs(side.pids) }
  const result = await load.run(job)
  return {
    ...result,
    serversCpuMs: cpuMs(servers.pids) - before.servers,
    sideCpuMs: cpuMs(side.pids) - before.side,
  }
}
