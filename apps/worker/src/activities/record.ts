import type { RecordTask, RunEnd, RunRef } from '@treadle/contract'
import type { Appender, RecordResult } from '@treadle/storage'

type RecordParts = {
  appender: Pick<Appender, 'record'>
  runEnd: (run: RunRef) => Promise<RunEnd | undefined>
}

/**
 * The local activity `record`: writes the workflow's own events. A repeat changes nothing. Where the run has ended otherwise than by the last of
 * them it says how: a workflow task that was lost may have written its end by the very number that stands for something else here.
 */
export const createRecord =
  ({ appender, runEnd }: RecordParts) =>
  async ({ run, outbox }: RecordTask): Promise<RecordResult & { end?: RunEnd }> => {
    const result = await appender.record({ run, outbox })
    const end = result.ended ? await runEnd(run) : undefined
    const isOurs = outbox.at(-1)?.type === `run.${end?.type}`
    return { ...result, ...(end && !isOurs && { end }) }
  }
