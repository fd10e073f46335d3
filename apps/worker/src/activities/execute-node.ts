import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { ATTEMPT_GRACE_MS, type NodeFailure, type NodeResult, type NodeTask } from '@treadle/contract'
import { SealedError } from '@treadle/storage'
import type { AttemptNode } from '../attempt/attempt-node.ts'
import type { AttemptOutcome } from '../attempt/outcome.ts'
import type { Stop, StopReason } from '../attempt/stop.ts'
import { type Log, placeOf } from '../log.ts'

const HEARTBEAT_MS_DEFAULT = 10_000
/** Until somebody else tries what a worker could not finish or begin. */
const ELSEWHERE_DELAY_MS = 1_000

/**
 * The activity `executeNode`: one attempt of a node, hosted by Temporal. What the executor decided (try again after so long, or
 * never again) is said by the failure that it throws; `details[0]` is a NodeFailure where the log has the node's end.
 */
export function createExecuteNode({ attemptNode, log }: { attemptNode: AttemptNode; log: Log }) {
  return async (task: NodeTask): Promise<NodeResult> => {
    const { info, cancellationSignal, heartbeat } = hostOfCurrent()
    // From entry on, and whatever the work is busy with: a silent worker is a dead one.
    // The first one is due after a third of the timeout: most nodes are done by then, and it is a request to Temporal.
    const heart = setInterval(heartbeat, (info.heartbeatTimeoutMs || HEARTBEAT_MS_DEFAULT) / 3)
    try {
      const outcome = await attemptNode(withTimeout(task, info.startToCloseTimeoutMs), (stop) =>
        stopOnCancel(stop, cancellationSignal),
      )
      const isCancelled = cancellationSignal.aborted && reasonOf(cancellationSignal) === 'cancelled'
      return answer(outcome, { isCancelled, byReference: task.byReference === true })
    } catch (error) {
      if (error instanceof ApplicationFailure || error instanceof CancelledFailure) throw error
      log.warn({ ...placeOf(task.run, task.path), err: error }, 'A node could not be claimed')
      throw elsewhere(error instanceof SealedError ? error.message : 'The log cannot be reached.')
    } finally {
      clearInterval(heart)
    }
  }
}

function hostOfCurrent() {
  const context = Context.current()
  return { info: context.info, cancellationSignal: context.cancellationSignal, heartbeat: () => context.heartbeat() }
}

/** Without a `timeout` of its own an attempt has to be over before Temporal gives it up, or its end would never be written. */
function withTimeout(task: NodeTask, startToCloseTimeoutMs: number): NodeTask {
  if (task.timeoutMs !== undefined || startToCloseTimeoutMs <= ATTEMPT_GRACE_MS) return task
  return { ...task, timeoutMs: startToCloseTimeoutMs - ATTEMPT_GRACE_MS }
}

function stopOnCancel(stop: Stop, signal: AbortSignal): void {
  const onAbort = () => stop.now(reasonOf(signal))
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
}

/** Temporal cancels for several reasons; only one of them is about the node. */
function reasonOf({ reason }: AbortSignal): StopReason {
  const why = reason instanceof Error ? reason.message : String(reason)
  if (why === 'CANCELLED') return 'cancelled'
  return why === 'WORKER_SHUTDOWN' ? 'shutdown' : 'abandoned'
}

type Told = {
  /** Temporal has asked for the cancel. */
  isCancelled: boolean
  /** The output stays in the checkpoint: nobody reads it from the history. */
  byReference: boolean
}

function answer(outcome: AttemptOutcome, { isCancelled, byReference }: Told): NodeResult {
  const { outboxApplied } = outcome
  switch (outcome.status) {
    case 'completed': {
      const { output, usage } = outcome
      return { output: byReference ? null : output, ...(usage && { usage }), outboxApplied }
    }
    case 'retrying': {
      const { error, delayMs, attempt } = outcome
      throw failure({ error, attempt, outboxApplied }, delayMs)
    }
    case 'failed': {
      const { error, attempt } = outcome
      throw failure({ error, ...(attempt !== undefined && { attempt }), outboxApplied })
    }
    case 'cancelled':
      if (isCancelled) throw new CancelledFailure('It was cancelled.', [{ outboxApplied }])
      // The run's own flag was quicker than Temporal.
      throw failure({ error: { type: 'cancelled', message: 'It was cancelled.' }, outboxApplied })
    case 'ended':
      throw ApplicationFailure.create({ type: 'cancelled', message: 'The run has ended.', nonRetryable: true })
    case 'paused':
      throw elsewhere('The run is paused.')
    case 'died':
      throw elsewhere(outcome.why)
  }
}

/** The node's failure; with a delay, Temporal begins the next attempt after it. */
function failure(nodeFailure: NodeFailure, delayMs?: number): ApplicationFailure {
  const { type, message } = nodeFailure.error
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: delayMs === undefined,
    // Temporal takes 0 for "not given".
    ...(delayMs !== undefined && { nextRetryDelay: Math.max(1, delayMs) }),
    details: [nodeFailure],
  })
}

/** Nothing is said about the node: the next attempt finds in the log how this one was left. */
const elsewhere = (message: string) =>
  ApplicationFailure.create({ type: 'unavailable', message, nextRetryDelay: ELSEWHERE_DELAY_MS })
