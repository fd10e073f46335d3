import type { OutboxEvent, RunRef } from '@treadle/contract'
import type { RunEvent } from '@treadle/interpreter'
import type { Appender, EndRef, RecordResult } from '@treadle/storage'
import type { AttemptOutcome } from '../attempt/outcome.ts'

export type SegmentLogOptions = {
  run: RunRef
  outbox: OutboxEvent[]
  appender: Pick<Appender, 'record'>
  /** Something was not taken: another executor has taken over, or the log cannot be written. */
  onLost(why: string): void
}

/**
 * What a segment writes besides its attempts, in the order in which it happens. Nothing waits for the log: what is sent names the ends that
 * are on their way, and counts only where those stand.
 */
export type SegmentLog = ReturnType<typeof createSegmentLog>

export function createSegmentLog({ run, outbox, appender, onLost }: SegmentLogOptions) {
  const onTheirWay = new Set<Promise<unknown>>()
  const ends = new Map<Promise<unknown>, EndRef>()
  let waiting = outbox
  let outboxApplied = 0

  const openEnds = (): EndRef[] => [...ends.values()]
  const applied = (n: number): void => {
    outboxApplied = Math.max(outboxApplied, n)
  }
  const takeOutbox = (): OutboxEvent[] => {
    const taken = waiting
    waiting = []
    return taken
  }

  function track(written: Promise<unknown>): void {
    const known = written
      .catch((error: unknown) => onLost(error instanceof Error ? error.message : String(error)))
      .finally(() => onTheirWay.delete(known))
    onTheirWay.add(known)
  }

  async function write(event: RunEvent, n: number): Promise<RecordResult> {
    const after = openEnds()
    const result = await appender.record({
      run,
      outbox: [...takeOutbox(), { n, ...event, ...(after.length > 0 && { after }) }],
    })
    applied(result.outboxApplied)
    return result
  }

  return {
    openEnds,
    takeOutbox,
    applied,
    get outboxApplied() {
      return outboxApplied
    },
    /** An event of a node that is computed here. */
    emit: (event: RunEvent): void => track(write(event, 0)),
    /** The run's last event, by the number that the workflow keeps free for it. Resolves to whether it is this one that ended the run. */
    async end(event: RunEvent, n: number): Promise<boolean> {
      const result = await write(event, n)
      return result.ended && result.outboxApplied >= n
    },
    /** An attempt whose end is on its way. */
    follow(stored: Promise<AttemptOutcome>, end: EndRef): void {
      ends.set(stored, end)
      track(
        stored
          .then((outcome) => {
            if (outcome.status === 'died') onLost(outcome.why)
          })
          .finally(() => ends.delete(stored)),
      )
    },
    /** Resolves when all that was sent is in the log, or known to be lost. */
    async settled(): Promise<void> {
      while (onTheirWay.size > 0) await Promise.all(onTheirWay)
    },
  }
}
