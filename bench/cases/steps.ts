import type { SideName } from '../harness/bed.ts'
import type { Case, CaseContext } from '../harness/case.ts'
import { cpuNotes } from '../harness/cpu-shares.ts'
import { measureJob } from '../harness/measure-job.ts'
import { quantile } from '../harness/statistics.ts'
import { figuresOf, inTurns } from '../harness/turns.ts'
import type { StepPlacement } from '../sides/side.ts'

type StepsWork = { runs: number; atOnce: number }

/** After so many runs V8 has compiled what a run takes: of 40 to 250 runs before, the p50 of ours falls by a fifth, and then no more. One at a time they would take minutes, at each side. */
const WARM_UP = { runs: 256, atOnce: 32 }

/** Runs of five steps at one side, which is warm by then; resolves to what one round of it gives. */
export async function stepsOf(context: CaseContext, name: SideName, placement: StepPlacement, work: StepsWork) {
  const { bed, quick } = context
  const side = await bed.side(name)
  const measure = ({ runs, atOnce }: StepsWork) =>
    measureJob(bed, side, {
      kind: 'steps',
      url: side.url,
      body: side.stepsBody(placement),
      runs,
      atOnce,
    })
  if (!quick && work.atOnce === 1) await measure(WARM_UP)
  return async () => {
    const measured = await measure(work)
    return {
      p50: quantile(measured.latenciesMs, 0.5),
      p95: quantile(measured.latenciesMs, 0.95),
      runsPerSecond: (work.runs / measured.wallMs) * 1000,
      serversCpuMs: measured.serversCpuMs / work.runs,
      sideCpuMs: measured.sideCpuMs / work.runs,
      cpuMs: (measured.serversCpuMs + measured.sideCpuMs) / work.runs,
    }
  }
}

export const p1: Case = {
  id: 'P1',
  title: 'five short durable steps, one run at a time',
  async measure(context) {
    const work = { runs: context.quick ? 5 : 25, atOnce: 1 }
    const results = await inTurns(
      {
        ours: await stepsOf(context, 'treadle', 'best', work),
        baseline: await stepsOf(context, 'handWritten', 'best', work),
        floor: await stepsOf(context, 'empty', 'best', work),
        local: await stepsOf(context, 'handWritten', 'local', work),
      },
      context,
    )
    const { local = [], ...figures } = figuresOf(results, ({ p50 }) => p50)
    const budgets = [{ atMost: 0.4, of: 'baseline' } as const, { atMost: 1.5, of: 'floor' } as const]
    const notes = [
      `hand-written with local activities: ${quantile(local, 0.5).toFixed(1)} ms`,
      ...cpuNotes('a run', results),
    ]
    return [{ what: 'start to result, p50', unit: 'ms', figures, budgets, notes }]
  },
}

export const p2: Case = {
  id: 'P2',
  title: 'five short durable steps, 32 runs at a time',
  async measure(context) {
    const work = context.quick ? { runs: 32, atOnce: 32 } : { runs: 96, atOnce: 32 }
    const results = await inTurns(
      {
        ours: await stepsOf(context, 'treadle', 'best', work),
        baseline: await stepsOf(context, 'handWritten', 'best', work),
        floor: await stepsOf(context, 'empty', 'best', work), // An empty workflow: what Temporal alone lets through.
      },
      context,
    )
    const throughput = figuresOf(results, ({ runsPerSecond }) => runsPerSecond)
    const cpu = figuresOf(results, ({ cpuMs }) => cpuMs)
    const leastOf = ({ floor = [] }: typeof cpu) => ({ what: 'an empty workflow', values: floor })
    return [
      {
        what: 'throughput',
        unit: 'runs/s',
        figures: throughput,
        budgets: [{ atLeast: 3, of: 'baseline' }],
        least: leastOf(throughput),
      },
      {
        what: 'CPU of a run',
        unit: 'ms',
        figures: cpu,
        budgets: [{ atMost: 0.35, of: 'baseline' }],
        least: leastOf(cpu),
        notes: cpuNotes('a run', results),
      },
    ]
  },
}

export const p3: Case = {
  id: 'P3',
  title: 'five steps, each an activity on a queue of its own, one run at a time',
  async measure(context) {
    const work = { runs: context.quick ? 5 : 20, atOnce: 1 }
    const results = await inTurns(
      {
        ours: await stepsOf(context, 'treadle', 'activities', work),
        baseline: await stepsOf(context, 'handWritten', 'activities', work),
      },
      context,
    )
    const figures = figuresOf(results, ({ p50 }) => p50)
    return [{ what: 'start to result, p50', unit: 'ms', figures, budgets: [{ atMost: 1.15, of: 'baseline' }] }]
  },
}
