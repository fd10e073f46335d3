import type { BudgetDetails, Control, ErrorInfo, RunArgs } from '@treadle/contract'

export type LimitsCarry = { nodeRuns: number; runningMs: number; raised: NonNullable<Control['limits']> }

/** Says whether `nodeRuns` is limited, here or in a run above. */
export const isStepwise = ({ plan, stepwise }: RunArgs): boolean =>
  stepwise === true || plan.limits.nodeRuns !== undefined

/**
 * What the workflow keeps of the run's own limits: time, and how many nodes it has begun, of which many need no worker that could ask. All
 * else, and what children do, is counted in Postgres before it is done.
 */
export type Limits = ReturnType<typeof createLimits>

export function createLimits({ plan, run }: RunArgs, carry: LimitsCarry = { nodeRuns: 0, runningMs: 0, raised: {} }) {
  const { onExceeded } = plan.limits
  let { nodeRuns, runningMs, raised } = carry
  /** Since when the run goes on, Unix time; undefined while it waits. */
  let sinceMs: number | undefined
  const spentMs = () => runningMs + (sinceMs === undefined ? 0 : Date.now() - sinceMs)
  const maxOf = (name: 'durationMs' | 'nodeRuns') => raised[name] ?? plan.limits[name]

  const refusal = (limit: BudgetDetails['limit'], max: number, used: number, wanted: number, unit = ''): ErrorInfo => ({
    type: 'budget_exceeded',
    message: `The limit \`${limit}\` of ${max}${unit} would be passed: ${used}${unit} used.`,
    details: { limit, max, used, wanted, run: run.id, onExceeded } satisfies BudgetDetails,
  })

  return {
    /** Counts a node that begins, or says why it may not. */
    countNode(): ErrorInfo | undefined {
      const max = maxOf('nodeRuns')
      if (max !== undefined && nodeRuns >= max) return refusal('nodeRuns', max, nodeRuns, 1)
      nodeRuns += 1
      return undefined
    },
    get isTimed() {
      return plan.limits.durationMs !== undefined
    },
    /** How long the run may go on, in milliseconds; what it waits for people does not count. */
    get leftMs() {
      return Math.max(0, (maxOf('durationMs') ?? Number.POSITIVE_INFINITY) - spentMs())
    },
    /** From now on time counts, or does not. */
    count(counts: boolean): void {
      runningMs = spentMs()
      sinceMs = counts ? Date.now() : undefined
    },
    timeRefusal: (): ErrorInfo => refusal('duration', maxOf('durationMs') ?? 0, spentMs(), 0, ' ms'),
    raise(limits: Control['limits'] = {}): void {
      raised = { ...raised, ...limits }
    },
    carry: (): LimitsCarry => ({ nodeRuns, runningMs: spentMs(), raised }),
  }
}
