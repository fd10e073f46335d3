import { createTranslateCache, translate } from '@treadle/translator'
import type { Case, CaseContext } from '../harness/case.ts'
import { quantile } from '../harness/statistics.ts'
import { inTurns } from '../harness/turns.ts'
import { largeDocument } from './large-document.ts'

/** After so many runs of 1,000 nodes the compiler of V8 has settled: the time of one goes from about 480 ms to 30 and stays there. */
const WARM_UP_RUNS = 25

/** Sizes past the limits of a deployment are measured too, to see how it grows. */
const LIMITS = { nodes: 10_000, planBytes: 64 * 1024 * 1024, sourceBytes: 64 * 1024 * 1024 }

export const p11: Case = {
  id: 'P11',
  title: 'translating a document',
  async measure(context) {
    const text = largeDocument(1_000)
    const coldMs = cpuMsOf(() => translate(text, { limits: LIMITS }))
    for (let run = 0; run < WARM_UP_RUNS; run += 1) translate(largeDocument(1_000, run), { limits: LIMITS })
    const [warm, cached, small, large] = await eachSize(context, text)
    const perNode = large.map((ms, round) => ms / 5 / (warm[round] ?? ms))
    const notes = [
      `CPU time; the first in the process: ${coldMs.toFixed(0)} ms; 10 nodes: ${quantile(small, 0.5).toFixed(2)} ms`,
    ]
    return [
      { what: '1,000 nodes, not seen before', unit: 'ms', figures: { ours: warm }, budgets: [{ atMost: 50 }], notes },
      { what: '1,000 nodes, cached', unit: 'ms', figures: { ours: cached }, budgets: [{ atMost: 1 }] },
      // Twice leaves room for a heap of five times the size; a square would give 5.
      { what: 'one of 5,000 nodes ÷ one of 1,000', unit: '', figures: { ours: perNode }, budgets: [{ atMost: 2 }] },
    ]
  },
}

async function eachSize(context: CaseContext, text: string) {
  const cache = createTranslateCache()
  const repeats = context.quick ? 3 : 10
  let issue = 0
  const median = (make: () => string, work: (text: string) => unknown) => async () => {
    const each = Array.from({ length: repeats }, () => {
      const made = make()
      return cpuMsOf(() => work(made))
    })
    return quantile(each, 0.5)
  }
  /** One that nobody has seen: of one that was translated before, the parsed expressions would be at hand. */
  const fresh = (nodes: number) => () => largeDocument(nodes, issue++ % 676)
  const translated = (each: string) => translate(each, { limits: LIMITS })
  const results = await inTurns(
    {
      warm: median(fresh(1_000), translated),
      cached: median(
        () => text,
        (each) => cache.translate(each, { limits: LIMITS }),
      ),
      small: median(fresh(10), translated),
      large: median(fresh(5_000), translated),
    },
    context,
  )
  return [results.warm ?? [], results.cached ?? [], results.small ?? [], results.large ?? []] as const
}

/**
 * The CPU time of this process, garbage collection in other threads included: for work that waits for nothing this is at least what a clock
 * shows on a quiet machine, and other processes on a busy one are not in it.
 */
function cpuMsOf(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}
