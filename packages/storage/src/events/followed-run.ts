import type { Telling } from './notification.ts'
import type { Follower, News, SerialisedEvent } from './types.ts'

const EVENTS_MAX = 512
const LENGTH_MAX = 512 * 1024

/** Reads stored events past a position, at most `limit`; undefined when there is no such run. */
export type FetchEvents = (after: number, limit: number) => Promise<readonly SerialisedEvent[] | undefined>

/**
 * The newest events of a run that is followed, each read and serialised once, and those who wait for more.
 *
 * Invariants
 *  1. The ring holds neighbours: each event's seq is its predecessor's + 1. What is told past a gap is left to be fetched.
 *  2. `newest` never falls. Where it is past the ring's end somebody who has come to that end fetches what follows, into the ring, for all
 *     who are there; whoever is further back is told by a hint to read for itself, at its own pace.
 *  3. Memory is bounded by the ring, however many follow: a follower is a position, which its caller keeps.
 */
export type FollowedRun = {
  tell(telling: Telling): void
  /** There may be more than was told: everybody looks. */
  doubt(): void
  follower(onClose: () => void): Follower
}

export function createFollowedRun(fetch: FetchEvents): FollowedRun {
  let ring: SerialisedEvent[] = []
  let length = 0
  let newest = 0
  let doubts = 0
  let fetching: { after: number; outcome: Promise<Fetched> } | undefined
  let fetchLimit = EVENTS_MAX
  const waiting = new Set<() => void>()
  const flowing = new Set<Flow>()
  let flushes = false

  return { tell, doubt, follower }

  function tell(telling: Telling): void {
    const seq = 'event' in telling ? telling.event.seq : telling.hint
    const end = ring.at(-1)?.seq
    newest = Math.max(newest, seq)
    if ('event' in telling && (end === undefined ? !fetching : seq === end + 1)) push(telling.event)
    wake()
    if (flushes || flowing.size === 0) return
    flushes = true
    queueMicrotask(flush) // Notifications that came in one piece from the network are passed on together.
  }

  function doubt(): void {
    doubts++
    wake()
    for (const flow of flowing) stop(flow)
  }

  function flush(): void {
    flushes = false
    let position = -1
    let news: News | undefined
    for (const flow of flowing) {
      if (flow.position !== position) {
        position = flow.position
        news = newsAfter(position)
      }
      pass(flow, news)
    }
  }

  function pass(flow: Flow, news: News | undefined): void {
    if (!news) return
    if ('events' in news) {
      flow.position = news.events.at(-1)?.seq ?? flow.position
      if (flow.take(news.events)) return
    }
    stop(flow)
  }

  function stop(flow: Flow): void {
    if (flowing.delete(flow)) flow.stopped()
  }

  function push(event: SerialisedEvent): void {
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

  /** One read for all who are at `after`, if that is the ring's end or past it. */
  function fetchFor(after: number): Promise<Fetched> | 'behind' {
    if (fetching) return fetching.after === after ? fetching.outcome : 'behind'
    if (after < (ring.at(-1)?.seq ?? 0)) return 'behind'
    const outcome = fetch(after, fetchLimit)
      .then(
        (events) => (events ? take(after, events) : 'failed'),
        (): Fetched => 'failed', // Whoever waits reads for itself, and learns what is wrong.
      )
      .finally(() => {
        fetching = undefined
      })
    fetching = { after, outcome }
    return outcome
  }

  function take(after: number, events: readonly SerialisedEvent[]): Fetched {
    const end = ring.at(-1)?.seq ?? 0
    if (events.length === 0 || end > after) return end > after ? 'events' : 'nothing' // It was told meanwhile.
    if (end !== after) {
      ring = []
      length = 0
    }
    let size = 0
    const fitting = events.filter(({ json }, index) => {
      size += json.length
      return index === 0 || size <= LENGTH_MAX
    })
    for (const event of fitting) push(event)
    // As many as fit, the next time: half of a page that is thrown away was read for nothing.
    fetchLimit = fitting.length < events.length ? fitting.length : Math.min(EVENTS_MAX, 2 * fetchLimit)
    return 'events'
  }

  function follower(onClose: () => void): Follower {
    let closed = false
    let resume: (() => void) | undefined
    let current: Flow | undefined
    // What was in doubt before it came is read anyway: a reader subscribes first.
    let doubtsSeen = doubts

    return {
      async next(after) {
        while (!closed) {
          const isDoubtful = doubtsSeen < doubts
          const news = newsAfter(after)
          if (news && 'events' in news) return news
          if (news || isDoubtful) {
            doubtsSeen = doubts
            const fetched = await fetchFor(after)
            if (fetched === 'behind' || fetched === 'failed') return closed ? undefined : (news ?? { hint: after + 1 })
            if (fetched === 'events' || closed) continue
          }
          // What was told during the read woke nobody here.
          if (doubtsSeen < doubts) continue
          const latest = newsAfter(after)
          if (latest) return latest
          await new Promise<void>((resolve) => {
            resume = resolve
            waiting.add(resolve)
          })
        }
        return undefined
      },
      flow: (after, take) =>
        new Promise((stopped) => {
          if (closed || doubtsSeen < doubts) return stopped()
          current = { position: after, take, stopped }
          flowing.add(current)
          pass(current, newsAfter(after))
        }),
      close() {
        if (closed) return
        closed = true
        if (current) stop(current)
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

/** A follower to whom events are handed as they are told of. */
type Flow = { position: number; take: (events: readonly SerialisedEvent[]) => boolean; stopped: () => void }

/** What came of a read for all: there are more events in the ring, there are none, or it could not be done. */
type Fetched = 'events' | 'nothing' | 'failed'
