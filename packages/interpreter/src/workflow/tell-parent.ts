import { defineSignal, getExternalWorkflowHandle, log } from '@temporalio/workflow'
import { type ChildEnded, HANDLERS, type RunArgs, type RunEnd, type Usage } from '@treadle/contract'
import { cancelled } from '../core/failure.ts'

const childEnded = defineSignal<[ChildEnded]>(HANDLERS.childEnded)

/** Tells the run that waits for this one how it ended. A parent that is gone needs no telling; one that missed it is told by the reconciler. */
export async function tellParent({ run, parent }: RunArgs, end: RunEnd, usage: Usage | undefined): Promise<void> {
  if (!parent) return
  const told = { path: parent.path, runId: run.id, ...(usage && { usage }), ...resultOf(end) }
  try {
    await getExternalWorkflowHandle(parent.workflowId).signal(childEnded, told)
  } catch (error) {
    log.warn('The parent could not be told', { parent: parent.workflowId, error })
  }
}

function resultOf(end: RunEnd) {
  if (end.type === 'completed') return { output: end.output }
  return { error: end.type === 'failed' ? end.error : cancelled().info }
}
