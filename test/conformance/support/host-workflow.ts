import { ActivityFailure, ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { CancellationScope, proxyActivities } from '@temporalio/workflow'
import type { NodeResult, NodeTask } from '@treadle/contract'

export type HostedTask = { task: NodeTask; taskQueue: string; heartbeatMs: number; startToCloseMs: number }

/** What Temporal was told of the node, as it came: nothing of it is interpreted here. */
export type ToldEnd =
  | { result: NodeResult }
  | { failure: { type: string; message: string; nonRetryable: boolean; details: unknown } }
  | { cancelled: unknown }
  | { other: string }

/** Hosts one node as the interpreter does: the same options, and nothing else. */
export async function conformanceTask({ task, taskQueue, heartbeatMs, startToCloseMs }: HostedTask): Promise<ToldEnd> {
  const remote = proxyActivities<{ executeNode(task: NodeTask): Promise<NodeResult> }>({
    taskQueue,
    heartbeatTimeout: heartbeatMs,
    startToCloseTimeout: startToCloseMs,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
  })
  const scope = new CancellationScope({ cancellable: true })
  try {
    return { result: await scope.run(() => remote.executeNode(task)) }
  } catch (error) {
    return toldBy(error)
  }
}

function toldBy(error: unknown): ToldEnd {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof CancelledFailure) return { cancelled: cause.details?.[0] ?? null }
  if (cause instanceof ApplicationFailure) {
    const { type, message, nonRetryable, details } = cause
    return {
      failure: { type: type ?? '', message, nonRetryable: nonRetryable ?? false, details: details?.[0] ?? null },
    }
  }
  return { other: String(cause) }
}
