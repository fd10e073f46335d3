import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import type { SegmentResult, SegmentTask } from '@treadle/contract'
import { type Log, placeOf } from '../log.ts'
import { type ExecuteSegment, SegmentBroken } from '../segment/execute-segment.ts'

/** Until somebody else goes on with what this worker has lost. */
const ELSEWHERE_DELAY_MS = 1_000
/** A cancel comes with the answer of a heartbeat, and a segment that is to end should begin no more nodes. */
const HEARTBEAT_MS = 1_000

/** The activity `executeSegment`, local or not: a segment hosted by Temporal. */
export function createExecuteSegmentActivity({ executeSegment, log }: { executeSegment: ExecuteSegment; log: Log }) {
  return async (task: SegmentTask): Promise<SegmentResult> => {
    const context = Context.current()
    const heart = context.info.isLocal ? undefined : setInterval(() => context.heartbeat(), HEARTBEAT_MS)
    const { cancellationSignal: signal } = context
    let onAbort = () => {}
    try {
      return await executeSegment(task, ({ cancel, abandon }) => {
        onAbort = () => (isCancel(signal) ? cancel() : abandon('The worker shuts down, or lost the activity.'))
        if (signal.aborted) onAbort()
        else signal.addEventListener('abort', onAbort, { once: true })
      })
    } catch (error) {
      if (!(error instanceof SegmentBroken))
        log.error({ ...placeOf(task.run, task.path), err: error }, 'A segment failed')
      const message = error instanceof Error ? error.message : String(error)
      throw ApplicationFailure.create({ type: 'unavailable', message, nextRetryDelay: ELSEWHERE_DELAY_MS })
    } finally {
      clearInterval(heart)
      signal.removeEventListener('abort', onAbort)
    }
  }
}

function isCancel({ reason }: AbortSignal): boolean {
  return (reason instanceof Error ? reason.message : String(reason)) === 'CANCELLED'
}
