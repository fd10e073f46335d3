import type { SideName } from '../harness/bed.ts'
import type { Case, CaseContext } from '../harness/case.ts'
import { measureJob } from '../harness/measure-job.ts'
import { figuresOf, inTurns } from '../harness/turns.ts'
import type { FanOutJob } from '../load/jobs.ts'
import { checkComplete } from './check-complete.ts'

type FanOutWork = Pick<FanOutJob, 'tokens' | 'subscribers' | 'timed'>

/** Resolves to what one round of it gives. */
export async function fanOutOf({ bed }: CaseContext, name: SideName, work: FanOutWork) {
  const side = await bed.side(name)
  const { url, events } = side
  const body = side.chatBody({ tokens: work.tokens, perSecond: 50, held: true })
  const releaseUrl = `${(await bed.servers()).modelUrl}/release`
  return async () => {
    const measured = await measureJob(bed, side, { kind: 'fanOut', url, body, events, releaseUrl, ...work })
    checkComplete(name, measured)
    return { p50: measured.delayMs.p50, p99: measured.delayMs.p99, cpuMs: measured.serversCpuMs + measured.sideCpuMs }
  }
}

export const p8: Case = {
  id: 'P8',
  title: '1,000 subscribers of one run at 50 tokens/s',
  async measure(context) {
    const work = context.quick
      ? { tokens: 100, subscribers: 100, timed: 10 }
      : { tokens: 250, subscribers: 1_000, timed: 20 }
    const sides = {
      ours: await fanOutOf(context, 'treadle', work),
      baseline: await fanOutOf(context, 'handWritten', work),
    }
    const results = await inTurns(sides, context)
    return [
      { what: 'added delay, p50', unit: 'ms', figures: figuresOf(results, ({ p50 }) => p50), budgets: [] },
      {
        what: 'added delay, p99',
        unit: 'ms',
        figures: figuresOf(results, ({ p99 }) => p99),
        budgets: [{ atMost: 100 }],
      },
      { what: 'CPU', unit: 'ms', figures: figuresOf(results, ({ cpuMs }) => cpuMs), budgets: [] },
    ]
  },
}
