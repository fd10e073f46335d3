import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import { startChild, workflowInfo } from '@temporalio/workflow'
import { type ErrorInfo, type RunArgs, WORKFLOW_TASK_QUEUE, WORKFLOW_TYPE, workflowIdOf } from '@treadle/contract'
import type { ChildRequest } from '../core/host.ts'
import { createChild } from './activities.ts'
import { DEPTH_MAX } from './bounds.ts'
import { isStepwise } from './limits.ts'
import { activityEnd } from './outcome.ts'
import { statusKey, tenantKey, workflowKey } from './search-attributes.ts'

/**
 * Writes the child's row, then starts its workflow, which its parent's end leaves alone: a detached child goes on, and one that is waited for
 * is cancelled by name. Resolves to why it could not; a child that was started before is a success.
 */
export async function startChildRun(parent: RunArgs, request: ChildRequest): Promise<ErrorInfo | undefined> {
  const depth = (parent.depth ?? 0) + 1
  if (depth > DEPTH_MAX) return { type: 'limit_reached', message: `Runs are nested deeper than ${DEPTH_MAX}.` }
  const { run } = parent
  const { path, childRunId, workflow, input, isDetached } = request
  try {
    const { createdAt, plan = 'plan' in workflow ? workflow.plan : undefined } = await createChild({
      run,
      path,
      childRunId,
      workflow,
      input,
      ...(isDetached ? { detached: true } : {}),
    })
    if (!plan) return { type: 'internal', message: 'The stored workflow has no plan.' }
    const args: RunArgs = {
      run: { id: childRunId, tenant: run.tenant, createdAt, ...traceOf(run) },
      plan,
      input,
      depth,
      ...(isStepwise(parent) ? { stepwise: true } : {}),
      ...(parent.encrypted ? { encrypted: true } : {}),
      ...(isDetached ? {} : { parent: { workflowId: workflowInfo().workflowId, path } }),
    }
    await startChild(WORKFLOW_TYPE, {
      workflowId: workflowIdOf(run.tenant, childRunId),
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [args],
      parentClosePolicy: 'ABANDON',
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      typedSearchAttributes: [
        { key: tenantKey, value: run.tenant },
        { key: workflowKey, value: plan.name },
        { key: statusKey, value: 'running' },
      ],
      staticSummary: plan.name,
    })
    return undefined
  } catch (thrown) {
    return thrown instanceof WorkflowExecutionAlreadyStartedError ? undefined : activityEnd(thrown).error
  }
}

const traceOf = ({ traceparent }: RunArgs['run']) => (traceparent === undefined ? {} : { traceparent })
