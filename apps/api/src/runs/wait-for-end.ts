import { isLastEvent, type RunId, type RunResult, type TenantId } from '@treadle/contract'
import type { EventLog, RunRow, RunStore, SerialisedEvent } from '@treadle/storage'
import { hasEnded, resultOfLastEvent, resultView } from './run-view.ts'

/** How a run ended, or the run as it is while it goes on. */
export type Waited = { ended: RunResult } | { open: RunRow }

/**
 * Resolves once the run has ended, or when `waitMs` are over, whichever is first; to undefined when there is no such run. Nobody polls: the
 * event log tells, and where the last event says all that the result has nothing more is read.
 */
export async function waitForEnd(
  { runs, log }: { runs: Pick<RunStore, 'get' | 'head'>; log: Pick<EventLog, 'follow'> },
  tenant: TenantId,
  runId: RunId,
  waitMs: number,
): Promise<Waited | undefined> {
  const follower = log.follow(tenant, runId) // Before the first look, so that no end falls between.
  const timer = setTimeout(() => follower.close(), waitMs)
  try {
    for (let isOver = waitMs === 0; ; ) {
      const head = await runs.head(tenant, runId)
      if (!head) return undefined
      if (isOver || head.endedSeq !== undefined) {
        const row = await runs.get(tenant, runId)
        return row && (hasEnded(row) ? { ended: resultView(row) } : { open: row })
      }
      const news = await lastEventAfter(follower, head.lastSeq)
      const result = typeof news === 'object' ? resultOfLastEvent(news) : undefined
      if (result) return { ended: result }
      isOver = news === 'over'
    }
  } finally {
    clearTimeout(timer)
    follower.close()
  }
}

/** The last event; `look` when a look at the run makes sense; `over` when the time is. */
async function lastEventAfter(
  follower: ReturnType<EventLog['follow']>,
  after: number,
): Promise<SerialisedEvent | 'look' | 'over'> {
  for (let position = after; ; ) {
    const news = await follower.next(position)
    if (!news) return 'over'
    if ('hint' in news) return 'look'
    const last = news.events.find(({ type }) => isLastEvent(type))
    if (last) return last
    position = news.events.at(-1)?.seq ?? position
  }
}
