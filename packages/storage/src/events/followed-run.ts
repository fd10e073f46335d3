import type { Telling } from './notification.ts'
import type { Follower, News, SerialisedEvent } from './types.ts'

const EVENTS_MAX = 512
const LENGTH_MAX = 512 * 1024

/**
 * The newest events of a run that is followed, each serialised once, and those who wait for more.
 *
 * Invariants
 *  1. The ring holds neighbours: each event's seq is its predecessor's + 1. A gap empties it first.
 *  2. `newest` never falls. Where it is past the ring's end, a read is needed.
 *  3. Memory is bounded by the ring, however many follow: a follower is a position, which its caller keeps.
 */
export type FollowedRun = {
  tell(telling: Telling): void
  /** There may be more than was told: everybody reads. */
  doubt(): void
  follower(onClose: () => void): Follower
}

export function createFollowedRun(): FollowedRun {
  let ring: SerialisedEvent[] = []
  let length = 0
  let newest = 0
  let doubts = 0
  const waiting = new Set<() => void>()

  return { tell, doubt, follower }

  function tell(telling: Telling): void {
    if ('event' in telling) push(telling.event)
    else newest = Math.max(newest, telling.hint)
    wake()
  }

  function doubt(): void {
    doubts++
    wake()
  }

  function push(event: SerialisedEvent): void {
    const last = ring.at(-1)?.seq
    if (last !== undefined && event.seq <= last) return
    if (last !== undefined && event.seq !== last + 1) {
      ring = []
      length = 0
    }
    ring.push(event)
    length += event.json.length
    newest = Math.max(newest, event.seq)
    while (ring.length > EVENTS_MAX || (length > LENGTH_MAX && ring.length > 1))
      length -= ring.shift()?.json.length ?? 0
  }

  function wake(): void {
    const woken = [...waiting]
    waiting.clear()
    for (const resume of woken) resume()
  }

  function follower(onClose: () => void): Follower {
    let closed = false
    let resume: (() => void) | undefined
    // What was in doubt before it came is read anyway: a reader subscribes first.
    let doubtsSeen = doubts

    return {
      async next(after) {
        while (!closed) {
          const news = newsAfter(after)
          if (news) return news
          if (doubtsSeen < doubts) {
            doubtsSeen = doubts
            return { hint: after + 1 }
          }
          await new Promise<void>((resolve) => {
            resume = resolve
            waiting.add(resolve)
          })
        }
        return undefined
      },
      close() {
        if (closed) return
        closed = true
        if (resume) {
          waiting.delete(resume)
          resume()
        }
        onClose()
      },
    }
  }

  function newsAfter(after: number): News | undefined {
    if (newest <= after) return undefined
    const first = ring[0]?.seq
    const last = ring.at(-1)?.seq ?? 0
    if (first === undefined || after + 1 < first || last <= after) return { hint: newest }
    return { events: ring.slice(after + 1 - first) }
  }
}
