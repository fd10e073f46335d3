import type { EvaluateTask, NodeTask, SegmentTask, Template } from '@treadle/contract'
import type { Cancellation, ExecuteOutcome, ExecuteRequest, Host } from '@treadle/interpreter'
import { Failure, toFailure } from '@treadle/interpreter'
import type { AttemptNode } from '../attempt/attempt-node.ts'
import type { AttemptOutcome } from '../attempt/outcome.ts'
import type { EvaluateTemplate } from '../values/evaluate-template.ts'
import type { SegmentLog } from './segment-log.ts'
import type { SegmentTime } from './segment-time.ts'

export type SegmentHostParts = {
  task: SegmentTask
  attemptNode: AttemptNode
  evaluate: EvaluateTemplate
  log: SegmentLog
  time: SegmentTime
  /** Of the segment as a whole. */
  cancellation: Cancellation
}

/**
 * The core's host in a worker: attempts are made here, one after the other where they fail, and events go to the log at once. What is not to
 * be started any more is never answered: the segment is over when nothing is under way that could answer (segment-time.ts).
 */
export function createSegmentHost({
  task,
  attemptNode,
  evaluate,
  log,
  time,
  cancellation: whole,
}: SegmentHostParts): Host {
  const { run } = task

  async function execute(
    { runtime: _, ...request }: ExecuteRequest,
    cancellation: Cancellation,
  ): Promise<ExecuteOutcome> {
    for (;;) {
      if (cancellation.isCancelled) return notStarted
      if (!time.mayStart) return never()
      const outcome = await time.during(attempt(request, cancellation))
      switch (outcome.status) {
        case 'completed': {
          const { output, usage } = outcome
          time.spend(output)
          return { ok: true, output, ...(usage && { usage }) }
        }
        case 'failed':
          return { ok: false, error: outcome.error, recorded: true }
        case 'retrying':
          if (await time.backOff(outcome.delayMs, cancellation)) continue
          return notStarted
        case 'cancelled':
          if (outcome.before) await time.cancelledBefore(cancellation)
          // Else the run's own flag was quicker than Temporal.
          else if (!cancellation.isCancelled) whole.cancel()
          return { ok: false, error: CANCELLED, recorded: true }
        case 'paused':
          time.pause()
          return never()
        case 'ended':
          whole.cancel()
          return { ok: false, error: CANCELLED, recorded: true }
        case 'died':
          time.break(outcome.why)
          return never()
      }
    }
  }

  /** Resolves as soon as its end is on its way: what follows from it travels with it. */
  function attempt(request: Omit<ExecuteRequest, 'runtime'>, cancellation: Cancellation): Promise<AttemptOutcome> {
    const nodeTask: NodeTask = { task: 1, run, ...request, outbox: log.takeOutbox() }
    return new Promise((resolve, reject) => {
      let stopListening = () => {}
      const stored = attemptNode(
        nodeTask,
        (stop) => {
          const leave = time.onBreak(() => stop.now('shutdown'))
          const detach = cancellation.onCancel(() => stop.now('cancelled'))
          stopListening = () => {
            leave()
            detach()
          }
        },
        {
          after: log.openEnds,
          claimed: (claim) => {
            log.applied(claim.outboxApplied)
            if (claim.status === 'claimed' && claim.pauseRequested) time.pause()
          },
          ending: (outcome, end) => {
            log.follow(stored, end)
            resolve(outcome)
          },
        },
      )
      stored.then(resolve, reject).finally(() => stopListening())
    })
  }

  return {
    now: () => Date.now(),
    emit: log.emit,
    execute: (request, cancellation) =>
      execute(request, cancellation).catch((error: unknown) => {
        time.break(error instanceof Error ? error.message : String(error))
        return never()
      }),
    async evaluate({ path, template, ...request }) {
      const wanted: EvaluateTask = { run, ...request, template: template as Template }
      try {
        return await time.during(evaluate(wanted))
      } catch (error) {
        throw new Failure({ ...toFailure(error).info, node: path })
      }
    },
    sleep: ({ untilMs }, cancellation) => time.until(untilMs, cancellation),
    receive: notHere,
    childRunId: notHere,
    startChild: notHere,
    childEnd: notHere,
  }
}

const CANCELLED = { type: 'cancelled', message: 'It was cancelled.' }
const notStarted: ExecuteOutcome = { ok: false, error: CANCELLED, recorded: false }

const never = () => new Promise<never>(() => {})

function notHere(): never {
  throw new Error('What waits is in no segment.')
}
