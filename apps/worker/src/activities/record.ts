import type { RecordTask } from '@treadle/contract'
import type { Appender, RecordResult } from '@treadle/storage'

/** The local activity `record`: writes the workflow's own events. A repeat changes nothing. */
export const createRecord =
  (appender: Pick<Appender, 'record'>) =>
  ({ run, outbox }: RecordTask): Promise<RecordResult> =>
    appender.record({ run, outbox })
