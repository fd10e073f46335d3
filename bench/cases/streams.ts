import type { Runtime } from '@treadle/contract'
import type { SideName } from '../harness/bed.ts'
import type { Case, CaseContext, Role } from '../harness/case.ts'
import { type CpuShares, cpuNotes } from '../harness/cpu-shares.ts'
import { type Measured, measureJob } from '../harness/measure-job.ts'
import { quantile } from '../harness/statistics.ts'
import { figuresOf, inTurns } from '../harness/turns.ts'
import type { CommitsJob, StreamsJob } from '../load/jobs.ts'
import { checkComplete } from './check-complete.ts'
import { stepsOf } from './steps.ts'

export type StreamsWork = { runs: number; tokens: number; perSecond: number; repeat?: number; runtime?: Runtime }

/** Model calls streamed by one side; resolves to what one round of it gave. @throws Error on a token lost or repeated. */
export async function streamsOf({ bed }: CaseContext, name: SideName, work: StreamsWork) {
  const { runs, tokens, perSecond, repeat = 1, runtime } = work
  const side = await bed.side(name)
  const { url, events } = side
  const body = side.chatBody({ tokens, perSecond }, runtime)
  return async () => {
    const rounds: Measured<StreamsJob>[] = []
    for (let left = repeat; left > 0; left -= 1) {
      const measured = await measureJob(bed, side, { kind: 'streams', url, body, events, runs, tokens })
      checkComplete(name, measured)
      rounds.push(measured)
    }
    const medianOf = (pick: (measured: Measured<StreamsJob>) => number) => quantile(rounds.map(pick), 0.5)
    return {
      firstTokenMs: quantile(
        rounds.flatMap(({ firstTokensMs }) => firstTokensMs),
        0.5,
      ),
      p50: medianOf(({ delayMs }) => delayMs.p50),
      p99: medianOf(({ delayMs }) => delayMs.p99),
      tokensPerSecond: medianOf(({ tokensPerSecond }) => tokensPerSecond),
      cpuMs: medianOf(({ serversCpuMs, sideCpuMs }) => serversCpuMs + sideCpuMs),
      serversCpuMs: medianOf(({ serversCpuMs }) => serversCpuMs),
      sideCpuMs: medianOf(({ sideCpuMs }) => sideCpuMs),
    }
  }
}

const allSides = async (context: CaseContext, work: StreamsWork) => ({
  ours: await streamsOf(context, 'treadle', work),
  baseline: await streamsOf(context, 'handWritten', work),
  floor: await streamsOf(context, 'proxy', work),
})

export const p4: Case = {
  id: 'P4',
  title: 'from POST /runs to the first token',
  async measure(context) {
    const alone = { runs: 1, tokens: 1, perSecond: 0, repeat: context.quick ? 5 : 20 }
    const crowd = { runs: context.quick ? 10 : 50, tokens: 1, perSecond: 0, repeat: context.quick ? 1 : 2 }
    const one = await inTurns(await allSides(context, alone), context)
    const many = await inTurns<Role | 'empty', Crowd>(
      { ...(await allSides(context, crowd)), empty: await emptyRunsOf(context, crowd.runs) },
      context,
    )
    const { empty = [], ...firstTokens } = figuresOf(many, ({ firstTokenMs }) => firstTokenMs)
    return [
      {
        what: 'one run, p50',
        unit: 'ms',
        figures: figuresOf(one, ({ firstTokenMs }) => firstTokenMs),
        budgets: [{ atMost: 1.2, of: 'baseline' }],
      },
      {
        what: `${crowd.runs} runs at once, p50`,
        unit: 'ms',
        figures: firstTokens,
        budgets: [{ atMost: 0.5, of: 'baseline' }],
        least: { what: `to run ${crowd.runs} empty workflows`, values: empty },
        notes: cpuNotes(`${crowd.runs} runs`, many),
      },
    ]
  },
}

type Crowd = CpuShares & { firstTokenMs: number }

/** So many workflows that do nothing, started at the same moment: the p50 of their ends. Where they end, others have only scheduled a model call. */
async function emptyRunsOf(context: CaseContext, runs: number) {
  const measure = await stepsOf(context, 'empty', 'best', { runs, atOnce: runs })
  return async (): Promise<Crowd> => {
    const { p50, serversCpuMs, sideCpuMs } = await measure()
    return { firstTokenMs: p50, serversCpuMs: serversCpuMs * runs, sideCpuMs: sideCpuMs * runs }
  }
}

type Delay = { p50: number; p99: number }

export const p5: Case = {
  id: 'P5',
  title: 'added delay of a token, one run at 100 tokens/s',
  async measure(context) {
    const perSecond = 100
    const work = { runs: 1, tokens: context.quick ? 100 : 400, perSecond }
    const { commits = [], ...results } = await inTurns<Role | 'commits', Delay>(
      { ...(await allSides(context, work)), commits: await commitsOf(context, { rows: work.tokens, perSecond }) },
      context,
    )
    const figures = (pick: (delay: Delay) => number) => figuresOf(results, pick)
    return [
      { what: 'p50', unit: 'ms', figures: figures(({ p50 }) => p50), budgets: [{ atMost: 1.3, of: 'baseline' }] },
      {
        what: 'p99',
        unit: 'ms',
        figures: figures(({ p99 }) => p99),
        budgets: [{ atMost: 3, of: 'floor' }],
        // Every batch is on disk before it is seen: what that takes alone nobody can save.
        least: { what: 'a row on disk and told of', values: commits.map(({ p99 }) => p99) },
      },
      {
        what: 'one row on disk and told of, alone: p50',
        unit: 'ms',
        figures: { floor: commits.map(({ p50 }) => p50) },
        budgets: [],
      },
      {
        what: 'one row on disk and told of, alone: p99',
        unit: 'ms',
        figures: { floor: commits.map(({ p99 }) => p99) },
        budgets: [],
      },
    ]
  },
}

/** What Postgres and the disk take of every token that is on disk before it is seen. */
async function commitsOf({ bed }: CaseContext, work: Pick<CommitsJob, 'rows' | 'perSecond'>) {
  const url = await (await bed.servers()).createDatabase('bench_commits')
  const load = await bed.load()
  return async () => (await load.run<CommitsJob>({ kind: 'commits', url, ...work })).delayMs
}

export const p6: Case = {
  id: 'P6',
  title: '50 runs at 50 tokens/s through one worker and one API',
  async measure(context) {
    const work = { runs: context.quick ? 10 : 50, tokens: context.quick ? 50 : 300, perSecond: 50 }
    const results = await inTurns(await allSides(context, work), context)
    return [
      {
        what: 'added delay, p50',
        unit: 'ms',
        figures: figuresOf(results, ({ p50 }) => p50),
        budgets: [{ atMost: 10 }],
      },
      {
        what: 'added delay, p99',
        unit: 'ms',
        figures: figuresOf(results, ({ p99 }) => p99),
        budgets: [{ atMost: 60 }],
      },
      {
        what: 'CPU',
        unit: 'ms',
        figures: figuresOf(results, ({ cpuMs }) => cpuMs),
        budgets: [{ atMost: 0.6, of: 'baseline' }],
        notes: [
          'no token lost or repeated at any side (a round in which one was would have failed)',
          ...cpuNotes('a round', results),
        ],
      },
      {
        what: 'first token, p50',
        unit: 'ms',
        figures: figuresOf(results, ({ firstTokenMs }) => firstTokenMs),
        budgets: [],
      },
    ]
  },
}

export const p7: Case = {
  id: 'P7',
  title: 'unthrottled tokens of one run, to the client',
  async measure(context) {
    const work = { runs: 1, tokens: context.quick ? 5_000 : 50_000, perSecond: 0 }
    const results = await inTurns(await allSides(context, work), context)
    const figures = figuresOf(results, ({ tokensPerSecond }) => tokensPerSecond)
    return [{ what: 'throughput', unit: 'tokens/s', figures, budgets: [{ atLeast: 0.8, of: 'floor' }] }]
  },
}
