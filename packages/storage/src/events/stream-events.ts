import { isLastEvent } from '@treadle/contract'
import type { EventPage, Follower, SerialisedEvent } from './types.ts'

const PAGE_EVENTS = 2_000

type Source = { follow(): Follower; read(after: number, limit: number): Promise<EventPage | undefined> }

/**
 * See EventLog.stream. It subscribes before it reads, so an event is either in what is read or told of later; and it passes on only what
 * follows the position that it has reached, so nothing comes twice.
 */
export async function* streamEvents(
  { follow, read }: Source,
  after: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<SerialisedEvent[], void, void> {
  const follower = follow()
  const close = () => follower.close()
  signal?.addEventListener('abort', close)
  let position = after
  let stored = true // There may be stored events past the position.
  try {
    while (!signal?.aborted) {
      const batch = stored ? await page() : await live()
      if (batch === undefined) return
      if (batch.length === 0) continue
      yield batch
      if (batch.some(({ type }) => isLastEvent(type))) return
    }
  } finally {
    signal?.removeEventListener('abort', close)
    close()
  }

  async function page(): Promise<SerialisedEvent[] | undefined> {
    const found = await read(position, PAGE_EVENTS)
    if (!found) return undefined
    position = found.events.at(-1)?.seq ?? position
    stored = position < found.lastSeq
    return found.ended && found.events.length === 0 ? undefined : found.events
  }

  async function live(): Promise<SerialisedEvent[] | undefined> {
    const news = await follower.next(position)
    if (!news) return undefined
    if ('hint' in news) {
      stored = true
      return []
    }
    position = news.events.at(-1)?.seq ?? position
    return news.events
  }
}
