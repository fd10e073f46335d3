import type { ErrorInfo, OutboxEvent, Usage } from '@treadle/contract'
import type { Outbox } from './outbox.ts'

/** `exceeded`: with these events the run has passed a limit. `usage`: of a run that has ended. */
export type RecordResult = {
  outboxApplied: number
  ended?: boolean
  exceeded?: { error: ErrorInfo }
  usage?: Usage
}

/** Writes the outbox to the log, one call of `record` at a time. */
export type Recorder = ReturnType<typeof createRecorder>

export function createRecorder(outbox: Outbox, record: (events: OutboxEvent[]) => Promise<RecordResult>) {
  let current: Promise<void> | undefined
  let hasEnded = false

  async function once(): Promise<void> {
    const events = outbox.take()
    const { outboxApplied, ended = false } = await record(events)
    outbox.applied(outboxApplied)
    const isWritten = outbox.isApplied(events[events.length - 1]?.n ?? 0)
    if (!isWritten && !ended) throw new Error(`The log applied events up to ${outboxApplied} and no further.`)
    if (!isWritten) hasEnded = true
  }

  return {
    /** Resolves when all events put before the call are in the log, or the log takes no more. */
    async flush(): Promise<void> {
      const target = outbox.lastN
      while (!outbox.isApplied(target) && !hasEnded) {
        current ??= once().finally(() => {
          current = undefined
        })
        await current
      }
    },
    /** The run has its last event, and it is not from here: the reconciler or a terminate wrote it. */
    get hasEnded() {
      return hasEnded
    },
    get isBusy() {
      return current !== undefined
    },
  }
}
