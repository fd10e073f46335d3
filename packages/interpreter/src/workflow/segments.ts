import { condition } from '@temporalio/workflow'
import type { RunRef, SegmentResult, SegmentTask } from '@treadle/contract'
import type { Cancellation } from '../core/cancellation.ts'
import type { SegmentOutcome, SegmentRequest } from '../core/host.ts'
import { holdsAtEnd } from './activation-ends.ts'
import { executeSegmentElsewhere, executeSegmentHere, isLocalActivityUnderWay } from './activities.ts'
import { PAUSE_SIGNAL_MS, SEGMENT_MEMO_MAX, SEGMENT_START_MS, SEGMENT_START_MS_BESIDE_OTHERS } from './bounds.ts'
import type { Gate } from './gate.ts'
import { inScope } from './in-scope.ts'
import type { Limits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { activityEnd } from './outcome.ts'
import type { Recorder } from './recorder.ts'

type Parts = {
  run: RunRef
  gate: Gate
  outbox: Outbox
  recorder: Recorder
  limits: Limits
  /** The run waits for something that can only come between two workflow tasks: an activity, a child, a timer, a person. */
  waitsElsewhere: () => boolean
}

/**
 * Executes segments. One that is all that goes on is a local activity: it costs no task of its own, and the last one writes how the run
 * ended too. While a local activity runs its workflow task stays open, so commands are not sent and nothing is heard: where something else
 * is under way, or the run's time may be over before it ends, the segment is an activity like others.
 */
export function createSegments({ run, gate, outbox, recorder, limits, waitsElsewhere }: Parts) {
  let hasEnded = false
  let starting = 0

  async function execute(
    { timeoutMs, isRest, ...request }: SegmentRequest,
    cancellation: Cancellation,
  ): Promise<SegmentOutcome> {
    if (!(await gate.enter(cancellation))) return { status: 'cancelled' }
    try {
      if (outbox.isLarge) await recorder.flush()
      starting += 1
      // A local activity that is under way would be waited for all the same.
      await holdsAtEnd(() => !isLocalActivityUnderWay())
      starting -= 1
      if (cancellation.isCancelled) return { status: 'cancelled' }
      const { leftMs } = limits
      const isAlone = gate.hasOne && !waitsElsewhere() && leftMs > SEGMENT_START_MS + timeoutMs
      const isHere = isAlone || JSON.stringify(request.memo).length > SEGMENT_MEMO_MAX
      const task: SegmentTask = {
        task: 1,
        run,
        ...request,
        startMs: Math.min(leftMs, isAlone || !isHere ? SEGMENT_START_MS : SEGMENT_START_MS_BESIDE_OTHERS),
        outbox: outbox.take(),
        ...(isRest && isAlone ? { endN: outbox.lastN + 1 } : {}),
      }
      // A local activity is not cancelled: one that has ended in the same moment would fail the workflow task (sdk-rust #705), and it ends
      // soon by itself, or by the run's flag.
      const result = await (isHere
        ? executeSegmentHere(task, timeoutMs)
        : inScope(cancellation, () => executeSegmentElsewhere(task, timeoutMs)))
      outbox.applied(result.outboxApplied)
      hasEnded ||= result.ended === true
      if (result.paused) await condition(() => gate.isPaused || cancellation.isCancelled, PAUSE_SIGNAL_MS)
      return outcomeOf(result)
    } catch (thrown) {
      const { error, outboxApplied } = activityEnd(thrown)
      outbox.applied(outboxApplied)
      return error.type === 'cancelled' ? { status: 'cancelled' } : { status: 'failed', error }
    } finally {
      gate.leave()
    }
  }

  return {
    execute,
    /** One is about to start, and takes the outbox along. */
    get isStarting() {
      return starting > 0
    },
    /** The run's last event is in the log, written with the last segment. */
    get hasEnded() {
      return hasEnded
    },
  }
}

function outcomeOf({ status, memo, error, delayMs }: SegmentResult): SegmentOutcome {
  const changed = memo === undefined ? {} : { memo }
  if (status === 'failed') {
    const unknown = { type: 'internal', message: 'A segment failed without an error.' }
    return { status, error: error ?? unknown, ...changed }
  }
  return status === 'open'
    ? { status, ...changed, ...(delayMs === undefined ? {} : { delayMs }) }
    : { status, ...changed }
}
