import type { ErrorInfo, Json, SegmentResult, SegmentTask } from '@treadle/contract'
import {
  createCancellation,
  type MemoJson,
  memoDelta,
  memoFromJson,
  outputData,
  runPart,
  toFailure,
} from '@treadle/interpreter'
import type { Appender } from '@treadle/storage'
import type { AttemptNode } from '../attempt/attempt-node.ts'
import { crashPoint } from '../crash-points.ts'
import type { EvaluateTemplate } from '../values/evaluate-template.ts'
import { createSegmentHost } from './segment-host.ts'
import { createSegmentLog } from './segment-log.ts'
import { createSegmentTime } from './segment-time.ts'

export type SegmentParts = { attemptNode: AttemptNode; evaluate: EvaluateTemplate; appender: Pick<Appender, 'record'> }

/** What whoever hosts a segment may do to it: cancel its nodes, or let go of it without a word. */
export type SegmentControl = { cancel(): void; abandon(why: string): void }

/** `control` is told of the means to stop it, before it does anything. Rejects with SegmentBroken where it has to be executed anew. */
export type ExecuteSegment = (task: SegmentTask, control: (control: SegmentControl) => void) => Promise<SegmentResult>

/** This executor has lost the segment: whoever comes next goes on from what is in the log. */
export class SegmentBroken extends Error {
  override readonly name = 'SegmentBroken'
}

const CANCELLED: ErrorInfo = { type: 'cancelled', message: 'It was cancelled.' }

type End = { output: Json } | { error: ErrorInfo }

/**
 * Executes short nodes as far as it can at once: the same core as in the workflow, on another host. Each node has its claim, its events, its
 * attempts and its checkpoint; a node's end and what follows from it travel to the log in one statement, so a step costs one round trip.
 */
export function createExecuteSegment({ attemptNode, evaluate, appender }: SegmentParts): ExecuteSegment {
  return async (task, control) => {
    const { run, plan, body, path, scope, reused, endN, startMs } = task
    const before: MemoJson = { inner: task.memo as Record<string, MemoJson> }
    const memo = memoFromJson(before)
    const cancellation = createCancellation()
    const time = createSegmentTime({ startMs })
    const log = createSegmentLog({ run, outbox: task.outbox, appender, onLost: time.break })
    const host = createSegmentHost({ task, attemptNode, evaluate, log, time, cancellation })
    control({ cancel: cancellation.cancel, abandon: time.break })

    let end: End | undefined
    let ended: Promise<boolean> | undefined
    const core = runPart({
      plan,
      body,
      path,
      scope: scope as Record<string, Json>,
      memo,
      ...(reused ? { reused: reused as Record<string, Json> } : {}),
      host,
      cancellation,
      keepOutput: endN !== undefined,
    }).then(
      (output) => {
        end = { output }
      },
      (thrown) => {
        end = { error: toFailure(thrown).info }
      },
    )
    try {
      await Promise.race([core.then(writeEnd), time.rest()])
      await log.settled()
      const isLast = (await ended) === true
      if (isLast) crashPoint('run.ended', run, path)
      if (time.broken !== undefined) throw new SegmentBroken(time.broken)
      if (!end && time.wasCancelled) end = { error: CANCELLED }
      return resultOf(isLast)
    } finally {
      time.stop()
    }

    /** In the same turn as what led to it. */
    function writeEnd(): void {
      if (endN === undefined || !end || ('error' in end && end.error.type === 'cancelled')) return
      const data = 'error' in end ? { error: end.error } : outputData(end.output)
      ended = log.end({ type: 'error' in end ? 'run.failed' : 'run.completed', data }, endN)
      ended.catch((error: unknown) => time.break(String(error)))
    }

    function resultOf(isLast: boolean): SegmentResult {
      const changed = memoDelta(before, memo)
      const { outboxApplied } = log
      const common = { outboxApplied, ...(changed && { memo: changed }), ...(isLast && ({ ended: true } as const)) }
      if (!end) {
        const { retryMs, isPaused } = time
        return {
          status: 'open',
          ...(retryMs !== undefined && { delayMs: retryMs }),
          ...(isPaused && { paused: true }),
          ...common,
        }
      }
      if ('output' in end) return { status: 'done', ...common }
      if (end.error.type === 'cancelled') return { status: 'cancelled', ...common }
      return { status: 'failed', error: end.error, ...common }
    }
  }
}
