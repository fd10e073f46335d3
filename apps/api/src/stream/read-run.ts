import { isLastEvent, type RunId, type TenantId } from '@treadle/contract'
import type { EventLog, SerialisedEvent } from '@treadle/storage'
import type { Turn } from './turn.ts'

export type ReadRun = {
  log: Pick<EventLog, 'read' | 'follow'>
  tenant: TenantId
  runId: RunId
  after: number
  /** Aborted when nobody listens any more. */
  signal: AbortSignal
  /** Only one of a client's runs is read from Postgres at a time, so that a client costs one page, however many it follows. */
  turn: Turn
  /** Takes events in order; resolves to false when no more are wanted. */
  emit(events: readonly SerialisedEvent[]): Promise<boolean>
  /** Where it is the only run: how live events are passed on without waiting for each. */
  live?: Live | undefined
}

export type Live = {
  /** Takes events in order; false: no more before `room` has resolved. */
  emit(events: readonly SerialisedEvent[]): boolean
  /** Resolves to false when no more are wanted. */
  room(): Promise<boolean>
}

/** The first page, before anything is known of how large the run's events are: 50 of the largest (16 KiB) are 800 KiB. */
const PAGE_MIN = 50
const PAGE_MAX = 2_000
const PAGE_BYTES = 512 * 1024

/** Emits the run's events past `after`, stored ones and then live ones, to its last. Subscribes, reads, drains: nothing falls between. */
export async function readRun({ log, tenant, runId, after, signal, turn, emit, live }: ReadRun): Promise<void> {
  const follower = log.follow(tenant, runId)
  const close = () => follower.close()
  signal.addEventListener('abort', close)
  let position = after
  let limit = PAGE_MIN

  /** Says whether more may come. */
  const pass = async (events: readonly SerialisedEvent[]): Promise<boolean> => {
    const last = events.at(-1)
    if (!last) return true
    position = last.seq
    return (await emit(events)) && !isLastEvent(last.type)
  }
  const readPage = async (): Promise<'more' | 'all' | 'over'> => {
    if (signal.aborted) return 'over'
    const page = await log.read(tenant, runId, { after: position, limit })
    if (!page) return 'over'
    limit = nextLimit(page.events)
    if (!(await pass(page.events))) return 'over'
    if (page.events.length > 0 && position < page.lastSeq) return 'more'
    return page.ended ? 'over' : 'all'
  }
  const readStored = async (): Promise<boolean> => {
    for (;;) {
      const state = await turn(readPage)
      if (state !== 'more') return state === 'all'
    }
  }

  try {
    let goesOn = await readStored()
    while (goesOn) {
      if (live) {
        await follower.flow(position, (events) => {
          position = events.at(-1)?.seq ?? position
          goesOn = !events.some(({ type }) => isLastEvent(type))
          return live.emit(events) && goesOn
        })
        if (!goesOn || !(await live.room())) return
      }
      const news = await follower.next(position)
      if (!news || signal.aborted) return
      goesOn = 'hint' in news ? await readStored() : await turn(() => pass(news.events))
    }
  } finally {
    signal.removeEventListener('abort', close)
    follower.close()
  }
}

/** As many events of this size as make a page; the next ones are rarely much larger. */
function nextLimit(events: readonly SerialisedEvent[]): number {
  const largest = events.reduce((most, { json }) => Math.max(most, json.length), 1)
  return Math.max(PAGE_MIN, Math.min(PAGE_MAX, Math.floor(PAGE_BYTES / largest)))
}
