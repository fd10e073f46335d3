import { Context } from '@temporalio/activity'

/** The local activity `requestCancel`: has Temporal ask the workflow that calls it to cancel itself. Asking again changes nothing. */
export async function requestCancel(): Promise<void> {
  const { client, info } = Context.current()
  if (!info.workflowExecution) throw new Error('No workflow has called this.')
  const { workflowId, runId } = info.workflowExecution
  await client.workflow.getHandle(workflowId, runId).cancel()
}
