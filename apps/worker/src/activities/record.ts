import type { RecordTask, RunEnd, RunRef } from '@treadle/contract'
import type { Appender, RecordResult } from '@treadle/storage'

type RecordParts = {
  appender: Pick<Appender, 'record'>
  runEnd: (run: RunRef) => Promise<RunEnd | undefined>
}

/**
 * The local activity `record`: writes the workflow's own events. A repeat changes nothing. Where the run's last event is there and they are not
 * before it, it says how the run has ended.
 */
export const createRecord =
  ({ appender, runEnd }: RecordParts) =>
  async ({ run, outbox }: RecordTask): Promise<RecordResult & { end?: RunEnd }> => {
    const result = await appender.record({ run, outbox })
    const isTooLate = result.ended && result.outboxApplied < (outbox.at(-1)?.n ?? 0)
    const end = isTooLate ? await runEnd(run) : undefined
    return { ...result, ...(end && { end }) }
  }
