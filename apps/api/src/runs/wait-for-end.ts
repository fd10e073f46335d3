import { isLastEvent, type RunId, type TenantId } from '@treadle/contract'
import type { EventLog, RunRow, RunStore } from '@treadle/storage'
import { hasEnded } from './run-view.ts'

/**
 * The run as it is once it has ended, or when `waitMs` are over, whichever is first. undefined when there is no such run.
 * Nobody polls: the event log tells.
 */
export async function waitForEnd(
  { runs, log }: { runs: Pick<RunStore, 'get'>; log: Pick<EventLog, 'follow'> },
  tenant: TenantId,
  runId: RunId,
  waitMs: number,
): Promise<RunRow | undefined> {
  const follower = log.follow(tenant, runId) // Before the first look, so that no end falls between.
  const timer = setTimeout(() => follower.close(), waitMs)
  try {
    for (let row = await runs.get(tenant, runId); row; row = await runs.get(tenant, runId)) {
      if (hasEnded(row) || !(await lastEventAfter(follower, row.lastSeq)))
        return hasEnded(row) ? row : runs.get(tenant, runId)
    }
    return undefined
  } finally {
    clearTimeout(timer)
    follower.close()
  }
}

/** Resolves to true when a look at the run makes sense, to false when the time is over. */
async function lastEventAfter(follower: ReturnType<EventLog['follow']>, after: number): Promise<boolean> {
  for (let position = after; ; ) {
    const news = await follower.next(position)
    if (!news) return false
    if ('hint' in news) return true
    if (news.events.some(({ type }) => isLastEvent(type))) return true
    position = news.events.at(-1)?.seq ?? position
  }
}
