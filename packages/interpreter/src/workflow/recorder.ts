import type { ErrorInfo, OutboxEvent, RunEnd, Usage } from '@treadle/contract'
import type { Outbox } from './outbox.ts'

/**
 * `exceeded`: with these events the run has passed a limit. `usage`: of a run that has ended. `end`: how it has, where that was not
 * by these events.
 */
export type RecordResult = {
  outboxApplied: number
  ended?: boolean
  exceeded?: { error: ErrorInfo }
  usage?: Usage
  end?: RunEnd
}

/** Writes the outbox to the log, one call of `record` at a time. */
export type Recorder = ReturnType<typeof createRecorder>

export function createRecorder(outbox: Outbox, record: (events: OutboxEvent[]) => Promise<RecordResult>) {
  let current: Promise<void> | undefined
  let foreignEnd: RunEnd | undefined

  async function once(): Promise<void> {
    const events = outbox.take()
    const { outboxApplied, ended = false, end } = await record(events)
    outbox.applied(outboxApplied)
    const isWritten = outbox.isApplied(events[events.length - 1]?.n ?? 0)
    if (!isWritten && !ended) throw new Error(`The log applied events up to ${outboxApplied} and no further.`)
    if (end || !isWritten) foreignEnd = end ?? { type: 'cancelled' }
  }

  return {
    /** Resolves when all events put before the call are in the log, or the log takes no more. */
    async flush(): Promise<void> {
      const target = outbox.lastN
      while (!outbox.isApplied(target) && !foreignEnd) {
        current ??= once().finally(() => {
          current = undefined
        })
        await current
      }
    },
    /**
     * The run has its last event, and it is not from here: the reconciler wrote it, or a workflow task that was lost, which knew less. The log
     * takes no more.
     */
    get foreignEnd() {
      return foreignEnd
    },
    get isBusy() {
      return current !== undefined
    },
  }
}
