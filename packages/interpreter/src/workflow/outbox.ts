import type { OutboxEvent } from '@treadle/contract'
import type { RunEvent } from '../core/host.ts'
import { OUTBOX_BYTES_MAX, OUTBOX_EVENTS_MAX } from './bounds.ts'

/** `sentN`: events past it are on their way with nothing. Absent in runs that began before it was carried: then all count as sent. */
export type OutboxCarry = { lastN: number; events: OutboxEvent[]; sentN?: number }

/**
 * The workflow's own events on their way to the log.
 * 1. Events are numbered 1, 2, 3, … over the whole run, over continue-as-new too.
 * 2. One is kept until the log is known to have it; whatever goes to a worker carries all that are kept. A workflow task that Temporal has
 *    executed again finds numbers in the log that it has not sent yet: what was lost had written them.
 */
export type Outbox = ReturnType<typeof createOutbox>

export function createOutbox(carry: OutboxCarry = { lastN: 0, events: [] }) {
  let lastN = carry.lastN
  let events = [...carry.events]
  let sentN = carry.sentN ?? lastN
  let bytes = sizeOf(events)

  return {
    put(event: RunEvent): void {
      lastN += 1
      const { type, node, ifOpen, data } = event
      const entry = { n: lastN, type, ...(node === undefined ? {} : { node }), ...(ifOpen ? { ifOpen } : {}), data }
      events.push(entry)
      bytes += sizeOf([entry])
    },
    /** All events that are not known to be in the log; from now on they count as sent. */
    take(): OutboxEvent[] {
      sentN = lastN
      return [...events]
    },
    /** The log has all up to `n`. */
    applied(n: number): void {
      if (events.length === 0 || n < (events[0]?.n ?? 0)) return
      events = events.filter((event) => event.n > n)
      bytes = sizeOf(events)
    },
    get lastN() {
      return lastN
    },
    isApplied: (n: number): boolean => n < (events[0]?.n ?? lastN + 1),
    /** Something waits that nothing carries. */
    get hasUnsent() {
      return (events.at(-1)?.n ?? 0) > sentN
    },
    /** Too much to be carried by each activity. */
    get isLarge() {
      return events.length > OUTBOX_EVENTS_MAX || bytes > OUTBOX_BYTES_MAX
    },
    /** Nothing is under way when a run continues as new: what is kept has to be sent again. */
    carry: (): OutboxCarry => ({ lastN, events, sentN: (events[0]?.n ?? lastN + 1) - 1 }),
  }
}

/** In UTF-16 units of JSON: near enough for a bound. */
const sizeOf = (events: OutboxEvent[]) => events.reduce((sum, event) => sum + JSON.stringify(event).length, 0)
