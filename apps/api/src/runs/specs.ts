import {
  type Plan,
  type RunRef,
  type TemporalWorkflowSpec,
  WORKFLOW_TASK_QUEUE,
  WORKFLOW_TYPE,
  workflowIdOf,
} from '@treadle/contract'
import type { RunRow } from '@treadle/storage'

/** The spec that a stored run is started with, by whoever starts it: a request, or a reconciler much later. */
export type SpecOf = (run: RunRow, plan: Plan, input: unknown) => TemporalWorkflowSpec

/** The spec of a plan without a run, for people to look at. */
export type SampleSpec = (plan: Plan) => TemporalWorkflowSpec

export const createSpecOf = ({ runTimeoutMs }: { runTimeoutMs: number }): SpecOf => {
  return ({ ref, workflow, tags, priority }, plan, input) => ({
    workflowType: WORKFLOW_TYPE,
    workflowId: workflowIdOf(ref.tenant, ref.id),
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [{ run: ref, plan, input }],
    searchAttributes: {
      TreadleTenant: ref.tenant,
      TreadleWorkflow: workflow.name,
      ...(workflow.version !== undefined && { TreadleVersion: workflow.version }),
      TreadleStatus: 'running',
      TreadleTags: fittingTags(tags),
    },
    memo: {},
    workflowExecutionTimeoutMs: runTimeoutMs,
    priority: { priorityKey: priority, fairnessKey: ref.tenant },
    staticSummary: workflow.name,
  })
}

export const createSampleSpec = (specOf: SpecOf): SampleSpec => {
  const ref: RunRef = { id: 'run_00000000000000000000000000', tenant: 'default', createdAt: '1970-01-01T00:00:00.000Z' }
  return (plan) => specOf({ ref, workflow: { name: plan.name }, tags: {}, priority: 3 } as RunRow, plan, {})
}

/** Bytes of JSON that a search attribute may hold (temporal.md §2), with some to spare. */
const TAGS_BYTES_MAX = 2_000

/** `key=value`, the first ones that fit; all of them are in Postgres. */
function fittingTags(tags: Record<string, string>): string[] {
  const fitting: string[] = []
  for (const [key, value] of Object.entries(tags)) {
    if (Buffer.byteLength(JSON.stringify([...fitting, `${key}=${value}`])) > TAGS_BYTES_MAX) break
    fitting.push(`${key}=${value}`)
  }
  return fitting
}
