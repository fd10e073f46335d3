import type { WorkflowStartOptions } from '@temporalio/client'
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import { SEARCH_ATTRIBUTES, type SearchAttributes, type TemporalWorkflowSpec } from '@treadle/contract'

/**
 * The spec in the words of Temporal's client. The two policies make starting again harmless: while the workflow runs the
 * call finds it (USE_EXISTING), and after its end, as long as Temporal keeps it, it is refused (REJECT_DUPLICATE).
 */
export const startOptions = (spec: TemporalWorkflowSpec): WorkflowStartOptions => ({
  workflowId: spec.workflowId,
  taskQueue: spec.taskQueue,
  args: [...spec.args],
  workflowIdReusePolicy: 'REJECT_DUPLICATE',
  workflowIdConflictPolicy: 'USE_EXISTING',
  typedSearchAttributes: searchAttributePairs(spec.searchAttributes),
  memo: spec.memo,
  staticSummary: spec.staticSummary,
  ...(spec.workflowExecutionTimeoutMs !== undefined && { workflowExecutionTimeout: spec.workflowExecutionTimeoutMs }),
  ...(spec.retryPolicy?.maximumAttempts !== undefined && {
    retry: { maximumAttempts: spec.retryPolicy.maximumAttempts },
  }),
  ...(spec.priority !== undefined && { priority: spec.priority }),
  // PINNED needs a version, which only workers know: it is the default of theirs.
  ...(spec.versioning?.behavior === 'AUTO_UPGRADE' && { versioningOverride: 'AUTO_UPGRADE' }),
})

const searchAttributePairs = (values: SearchAttributes): SearchAttributePair[] =>
  Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]): SearchAttributePair[] => {
    const value: unknown = Object.entries(values).find(([key]) => key === name)?.[1]
    if (value === undefined) return []
    if (type === 'KEYWORD_LIST' && Array.isArray(value)) return [{ key: defineSearchAttributeKey(name, type), value }]
    if (type === 'KEYWORD' && typeof value === 'string') return [{ key: defineSearchAttributeKey(name, type), value }]
    throw new Error(`The search attribute ${name} is a ${type}, and got ${typeof value}.`)
  })
