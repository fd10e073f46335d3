import type { Workflow, WorkflowVersion } from '@treadle/contract'
import type { StoredWorkflow, WorkflowRow, WorkflowVersionRow } from '@treadle/storage'

/** A stored workflow as the API shows it. */
export const workflowView = ({ name, version, description, labels, createdAt, updatedAt }: WorkflowRow): Workflow => ({
  name,
  version,
  ...(description !== undefined && { description }),
  labels,
  createdAt,
  updatedAt,
})

export const versionView = ({ name, version, documentSha256, createdAt }: WorkflowVersionRow): WorkflowVersion => ({
  name,
  version,
  documentSha256,
  createdAt,
})

export const versionWithDocument = (stored: StoredWorkflow): WorkflowVersion => ({
  ...versionView(stored),
  document: stored.document,
})
