import { defineSignal, getExternalWorkflowHandle, log } from '@temporalio/workflow'
import { type ChildEnded, HANDLERS, type RunArgs } from '@treadle/contract'
import { cancelled } from '../core/failure.ts'
import type { End } from './end.ts'

const childEnded = defineSignal<[ChildEnded]>(HANDLERS.childEnded)

/** Tells the run that waits for this one how it ended. A parent that is gone needs no telling. */
export async function tellParent({ run, parent }: RunArgs, end: End): Promise<void> {
  if (!parent) return
  const told = { path: parent.path, runId: run.id, ...resultOf(end) }
  try {
    await getExternalWorkflowHandle(parent.workflowId).signal(childEnded, told)
  } catch (error) {
    log.warn('The parent could not be told', { parent: parent.workflowId, error })
  }
}

function resultOf(end: End) {
  if (end.type === 'completed') return { output: end.output }
  return { error: end.type === 'failed' ? end.failure.info : cancelled().info }
}
