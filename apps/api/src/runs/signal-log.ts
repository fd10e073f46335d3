import type { RunId, TenantId } from '@treadle/contract'
import type { EventLog, SerialisedEvent } from '@treadle/storage'

const PAGE = 500

/**
 * The `seq` of the `signal.received` that has this id, once it is in the log; undefined when it did not come within
 * `waitMs`, or the run ended without. `after`: where the search begins.
 */
export async function awaitSignalReceived(
  log: Pick<EventLog, 'read' | 'follow'>,
  { tenant, runId, id, after, waitMs }: { tenant: TenantId; runId: RunId; id: string; after: number; waitMs: number },
): Promise<number | undefined> {
  const follower = log.follow(tenant, runId)
  const timer = setTimeout(() => follower.close(), waitMs)
  try {
    for (let position = after; ; ) {
      const page = await log.read(tenant, runId, { after: position, limit: PAGE })
      if (!page) return undefined
      const found = page.events.find((event) => isReceipt(event, id))
      if (found) return found.seq
      position = page.events.at(-1)?.seq ?? position
      if (position < page.lastSeq) continue
      if (page.ended || !(await follower.next(position))) return undefined
    }
  } finally {
    clearTimeout(timer)
    follower.close()
  }
}

function isReceipt({ type, json }: SerialisedEvent, id: string): boolean {
  return type === 'signal.received' && (JSON.parse(json) as { data: { id?: string } }).data.id === id
}
