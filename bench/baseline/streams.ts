import pg from 'pg'
import { CHANNEL, type EventLog, type StoredEvent } from './event-log.ts'

type Subscriber = { cursor: number; send(frames: string, isLast: boolean): void }
type Followed = { cursor: number; subscribers: Set<Subscriber>; reading: boolean; told: boolean }

const isEnd = ({ type }: StoredEvent) => type === 'completed' || type === 'failed'

/** Brings what is stored to whoever follows a run: subscribe, read what is there, then pass on what comes. */
export async function createStreams(log: EventLog, databaseUrl: string) {
  const followed = new Map<string, Followed>()
  const listener = new pg.Client({ connectionString: databaseUrl })
  listener.on('error', (error) => console.error(error))
  listener.on('notification', ({ payload = '' }) => {
    const run = followed.get(payload)
    if (run) void tell(payload, run).catch((error: unknown) => console.error(error))
  })
  await listener.connect()
  await listener.query(`listen ${CHANNEL}`)

  /** One read at a time for a run; what is told of meanwhile is read after it. */
  async function tell(runId: string, run: Followed): Promise<void> {
    run.told = true
    if (run.reading) return
    run.reading = true
    while (run.told) {
      run.told = false
      const events = await log.read(runId, run.cursor)
      const last = events.at(-1)
      if (!last) continue
      const before = run.cursor
      run.cursor = last.seq
      const frames = framesOf(events)
      for (const subscriber of run.subscribers) {
        const isUpToDate = subscriber.cursor === before
        const missing = isUpToDate ? events : events.filter(({ seq }) => seq > subscriber.cursor)
        deliver(subscriber, missing, isUpToDate ? frames : framesOf(missing))
      }
    }
    run.reading = false
  }

  return {
    /** `send` is called with what is stored after `after`, and then with what comes. Returns how to leave. */
    async follow(runId: string, after: number, send: Subscriber['send']): Promise<() => void> {
      const run = followed.get(runId) ?? { cursor: after, subscribers: new Set(), reading: false, told: false }
      followed.set(runId, run)
      const subscriber: Subscriber = { cursor: Number.POSITIVE_INFINITY, send } // Takes nothing before it has the past.
      run.subscribers.add(subscriber)
      let at = after
      do {
        const past = await log.read(runId, at)
        const last = past.at(-1)
        if (last === undefined) break
        at = last.seq
        send(framesOf(past), isEnd(last))
      } while (at < run.cursor) // The others were told of more while this was read.
      subscriber.cursor = at
      await tell(runId, run)
      return () => {
        run.subscribers.delete(subscriber)
        if (run.subscribers.size === 0) followed.delete(runId)
      }
    },
  }
}

function deliver(subscriber: Subscriber, events: readonly StoredEvent[], frames: string): void {
  const last = events.at(-1)
  if (!last) return
  subscriber.cursor = last.seq
  subscriber.send(frames, isEnd(last))
}

const framesOf = (events: readonly StoredEvent[]) =>
  events.map(({ seq, type, data }) => `id: ${seq}\nevent: ${type}\ndata: ${data}\n\n`).join('')
