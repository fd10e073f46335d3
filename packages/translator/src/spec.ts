import {
  type Plan,
  type TemporalWorkflowSpec,
  WORKFLOW_TASK_QUEUE,
  WORKFLOW_TYPE,
  workflowIdOf,
} from '@treadle/contract'
import type { RunFacts } from './translate-options.ts'

/** Temporal takes 2,048 bytes for an attribute; a margin is left for its own frame. */
const TAGS_BYTES_MAX = 2000

const SUMMARY_MAX = 200

/**
 * Pass 8: what the bridge starts the run's workflow with. The workflow is never retried as a whole: what fails is retried
 * inside it, node by node. The execution timeout is the deployment's; `limits.duration` is a budget and no timeout.
 */
export function buildSpec(plan: Plan, facts: RunFacts, executionTimeoutMs: number | undefined): TemporalWorkflowSpec {
  const {
    run,
    input,
    takesOver,
    workflow,
    tags = [],
    memo = {},
    paused = false,
    encrypted = false,
    priority,
    fairnessKey,
  } = facts
  const hasPriority = priority !== undefined || fairnessKey !== undefined
  return {
    workflowType: WORKFLOW_TYPE,
    workflowId: workflowIdOf(run.tenant, run.id),
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [
      {
        run,
        plan,
        input,
        ...(takesOver ? { takesOver } : {}),
        ...(paused ? { paused } : {}),
        ...(encrypted ? { encrypted } : {}),
      },
    ],
    searchAttributes: {
      TreadleTenant: run.tenant,
      TreadleWorkflow: workflow?.name ?? plan.name,
      ...(workflow ? { TreadleVersion: workflow.version } : {}),
      TreadleStatus: 'running',
      ...(tags.length > 0 ? { TreadleTags: fitting(tags) } : {}),
    },
    memo,
    ...(executionTimeoutMs === undefined ? {} : { workflowExecutionTimeoutMs: executionTimeoutMs }),
    retryPolicy: { maximumAttempts: 1 },
    ...(hasPriority
      ? {
          priority: {
            ...(priority === undefined ? {} : { priorityKey: priority }),
            ...(fairnessKey === undefined ? {} : { fairnessKey: fairnessKey.slice(0, 64) }),
          },
        }
      : {}),
    staticSummary: summaryOf(workflow ? `${workflow.name}@${workflow.version}` : plan.name),
    versioning: { behavior: 'PINNED' },
  }
}

/** The first tags whose JSON fits; all of them are in Postgres. */
function fitting(tags: string[]): string[] {
  const encoder = new TextEncoder()
  const kept: string[] = []
  let bytes = 2
  for (const tag of tags) {
    bytes += encoder.encode(JSON.stringify(tag)).length + 1
    if (bytes > TAGS_BYTES_MAX) break
    kept.push(tag)
  }
  return kept
}

const summaryOf = (text: string): string => (text.length > SUMMARY_MAX ? `${text.slice(0, SUMMARY_MAX - 1)}…` : text)
