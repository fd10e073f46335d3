import type { Case, CaseContext, Line } from '../harness/case.ts'
import { measureJob } from '../harness/measure-job.ts'
import { quantile } from '../harness/statistics.ts'
import { inTurns } from '../harness/turns.ts'
import { chainOf } from '../sides/treadle.ts'
import { fanOutOf } from './fan-out.ts'

/** What a step costs where there are more of them in a run. */
export const nodes: Case = {
  id: 'NODES',
  title: 'a run of 5 to 1,000 short steps, each after the one before',
  async measure(context) {
    const sizes = context.quick ? [5, 50] : [5, 50, 200, 1_000]
    const results = await inTurns(Object.fromEntries(sizes.map((size) => [size, runOf(context, size)])), context)
    const costs = (size: number, pick: (cost: Cost) => number) => (results[size] ?? []).map((cost) => pick(cost) / size)
    const [, middle = 0] = sizes
    const largest = sizes.at(-1) ?? 0
    const lines = (what: string, pick: (cost: Cost) => number): Line[] => {
      const ratio = costs(largest, pick).map((cost, round) => cost / (costs(middle, pick)[round] ?? cost))
      return [
        ...sizes.map((size) => ({
          what: `${what}, of ${size}`,
          unit: 'ms',
          figures: { ours: costs(size, pick) },
          budgets: [],
        })),
        {
          what: `${what}, of ${largest} ÷ of ${middle}`,
          unit: '',
          figures: { ours: ratio },
          budgets: [{ atMost: 1.5 }],
        },
      ]
    }
    return [...lines('a step', ({ wallMs }) => wallMs), ...lines('CPU of a step', ({ cpuMs }) => cpuMs)]
  },
}

type Cost = { wallMs: number; cpuMs: number }

function runOf({ bed, quick }: CaseContext, size: number): () => Promise<Cost> {
  const runs = Math.ceil(Math.min(25, (quick ? 100 : 500) / size))
  return async () => {
    const side = await bed.side('treadle')
    const body = chainOf(size)
    const job = { kind: 'steps', url: side.url, body, runs, atOnce: 1 } as const
    const { latenciesMs, serversCpuMs, sideCpuMs } = await measureJob(bed, side, job)
    return { wallMs: quantile(latenciesMs, 0.5), cpuMs: (serversCpuMs + sideCpuMs) / runs }
  }
}

/** What a token costs where more subscribers get it. */
export const subscribers: Case = {
  id: 'SUBSCRIBERS',
  title: 'a stream of 50 tokens/s with 1 to 1,000 subscribers',
  async measure(context) {
    const tokens = context.quick ? 50 : 100
    const sizes = context.quick ? [1, 10] : [1, 10, 100, 1_000]
    const measures = await Promise.all(
      sizes.map(async (size) => {
        const work = { tokens, subscribers: size, timed: Math.min(size, 20) }
        return [size, await fanOutOf(context, 'treadle', work)] as const
      }),
    )
    const results = await inTurns(Object.fromEntries(measures), context)
    return sizes.flatMap((size): Line[] => {
      const rounds = results[size] ?? []
      const cpu = rounds.map(({ cpuMs }) => (cpuMs * 1_000) / (size * tokens))
      return [
        { what: `added delay, p99, ${size}`, unit: 'ms', figures: { ours: rounds.map(({ p99 }) => p99) }, budgets: [] },
        { what: `CPU of a token delivered, ${size}`, unit: 'µs', figures: { ours: cpu }, budgets: [] },
      ]
    })
  },
}
