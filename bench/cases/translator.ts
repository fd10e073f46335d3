import { createTranslateCache, translate } from '@treadle/translator'
import type { Case, CaseContext } from '../harness/case.ts'
import { quantile } from '../harness/statistics.ts'
import { inTurns } from '../harness/turns.ts'
import { largeDocument } from './large-document.ts'

/** Sizes past the limits of a deployment are measured too, to see how it grows. */
const LIMITS = { nodes: 10_000, planBytes: 64 * 1024 * 1024, sourceBytes: 64 * 1024 * 1024 }

export const p11: Case = {
  id: 'P11',
  title: 'translating a document',
  async measure(context) {
    const text = largeDocument(1_000)
    const coldMs = timeOf(() => translate(text, { limits: LIMITS }))
    const [warm, cached, small, large] = await eachSize(context, text)
    const perNode = large.map((ms, round) => ms / 5 / (warm[round] ?? ms))
    const notes = [`the first in the process: ${coldMs.toFixed(0)} ms; 10 nodes: ${quantile(small, 0.5).toFixed(2)} ms`]
    return [
      { what: '1,000 nodes, warm', unit: 'ms', figures: { ours: warm }, budgets: [{ atMost: 50 }], notes },
      { what: '1,000 nodes, cached', unit: 'ms', figures: { ours: cached }, budgets: [{ atMost: 1 }] },
      // Twice leaves room for a heap of five times the size; a square would give 5.
      { what: 'one of 5,000 nodes ÷ one of 1,000', unit: '', figures: { ours: perNode }, budgets: [{ atMost: 2 }] },
    ]
  },
}

async function eachSize(context: CaseContext, text: string) {
  const cache = createTranslateCache()
  const repeats = context.quick ? 3 : 20
  const median = (work: () => unknown) => async () =>
    quantile(
      Array.from({ length: repeats }, () => timeOf(work)),
      0.5,
    )
  const [ten, fiveThousand] = [largeDocument(10), largeDocument(5_000)]
  const results = await inTurns(
    {
      warm: median(() => translate(text, { limits: LIMITS })),
      cached: median(() => cache.translate(text, { limits: LIMITS })),
      small: median(() => translate(ten, { limits: LIMITS })),
      large: median(() => translate(fiveThousand, { limits: LIMITS })),
    },
    context,
  )
  return [results.warm ?? [], results.cached ?? [], results.small ?? [], results.large ?? []] as const
}

function timeOf(work: () => unknown): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}
