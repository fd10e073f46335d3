import type { Runtime } from '@treadle/contract'
import type { Case } from '../harness/case.ts'
import { median } from '../harness/statistics.ts'
import { figuresOf, inTurns } from '../harness/turns.ts'
import { type StreamsWork, streamsOf } from './streams.ts'

const WORKERS = { typescript: 'TypeScript', python: 'Python', go: 'Go' } as const satisfies Record<Runtime, string>

/** The workers of all languages in one run, in turns. There is no budget: it shows what a language costs. */
export const w1: Case = {
  id: 'W1',
  title: 'the workers of the three languages, side by side',
  async measure(context) {
    const side = await context.bed.side('treadle')
    await side.startOthers?.()
    const inAll = async (work: StreamsWork) => {
      const each = (runtime: Runtime) => streamsOf(context, 'treadle', { ...work, runtime })
      return inTurns(
        { typescript: await each('typescript'), python: await each('python'), go: await each('go') },
        context,
      )
    }
    const fast = await inAll({ runs: 1, tokens: context.quick ? 2_000 : 10_000, perSecond: 0 })
    const paced = await inAll({ runs: 1, tokens: context.quick ? 100 : 200, perSecond: 100 })
    type Streamed = NonNullable<(typeof fast)['typescript']>[number]
    const linesOf = (what: string, unit: string, results: typeof fast, pick: (result: Streamed) => number) => {
      const figures = figuresOf(results, pick)
      const first = median(figures.typescript ?? [])
      return (Object.keys(WORKERS) as Runtime[]).map((runtime) => ({
        what: `${what}, ${WORKERS[runtime]}`,
        unit,
        figures: { ours: figures[runtime] ?? [] },
        budgets: [],
        ratio: { value: median(figures[runtime] ?? []) / first, of: WORKERS.typescript },
      }))
    }
    return [
      ...linesOf('unthrottled', 'tokens/s', fast, ({ tokensPerSecond }) => tokensPerSecond),
      ...linesOf('added delay at 100 tokens/s, p50', 'ms', paced, ({ p50 }) => p50),
      ...linesOf('added delay at 100 tokens/s, p99', 'ms', paced, ({ p99 }) => p99),
    ]
  },
}
