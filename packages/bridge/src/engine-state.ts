import type { Client } from '@temporalio/client'

/**
 * How a workflow stands in Temporal. `reason` is what whoever terminated it gave. A workflow that continued as new is
 * `running`: its newest execution is looked at.
 */
export type EngineState =
  | { state: 'running' }
  | { state: 'closed'; how: 'completed' | 'failed' | 'cancelled' | 'timed-out' }
  | { state: 'closed'; how: 'terminated'; reason: string | undefined }
  | { state: 'not-found' }

const CLOSED = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TIMED_OUT: 'timed-out',
} as const

/** @throws WorkflowNotFoundError when there is none. */
export async function describeEngine(client: Client, namespace: string, workflowId: string): Promise<EngineState> {
  const { status, runId } = await client.workflow.getHandle(workflowId).describe()
  const { name } = status
  if (name === 'TERMINATED') {
    return { state: 'closed', how: 'terminated', reason: await terminationReason(client, namespace, workflowId, runId) }
  }
  if (name in CLOSED) return { state: 'closed', how: CLOSED[name as keyof typeof CLOSED] }
  return { state: 'running' }
}

/** From the last event of the history, where alone it stands. */
async function terminationReason(client: Client, namespace: string, workflowId: string, runId: string) {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  return history?.events?.[0]?.workflowExecutionTerminatedEventAttributes?.reason || undefined
}
