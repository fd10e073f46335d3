import type { Blob, Json, Plan, TenantId, Time } from '@treadle/contract'

/** A workflow that is kept under a name: its newest version, and where its labels stand. */
export type WorkflowRow = {
  name: string
  /** The newest one: counted from 1. */
  version: number
  description?: string
  labels: Record<string, number>
  /** Of the first version, and of the newest one. */
  createdAt: Time
  updatedAt: Time
}

/** One version of a workflow. It never changes. */
export type WorkflowVersionRow = { name: string; version: number; documentSha256: string; createdAt: Time }

/** A version with all that a run of it needs. */
export type StoredWorkflow = WorkflowVersionRow & { document: Json; plan: Plan; planHash: string }

export type NewWorkflowVersion = {
  name: string
  /** What it is for, as lists show it. */
  description: string | undefined
  document: Json
  /** Of its canonical JSON, hex. */
  documentSha256: string
  plan: { hash: string; plan: Plan }
  /** What the plan names by content: kept as long as the version. */
  blobs: readonly Blob[]
  /** Labels that move to it. */
  labels: readonly string[]
  /** Whether the workflow, as it stands, may be changed; undefined: there is none yet. */
  mayChange: (current: WorkflowRow | undefined) => boolean
}

export type PutWorkflowResult =
  | { outcome: 'created' | 'unchanged'; version: WorkflowVersionRow; workflow: WorkflowRow }
  /** `mayChange` said no. */
  | { outcome: 'refused' }

export type LabelResult =
  | { outcome: 'set'; isNew: boolean; workflow: WorkflowRow }
  | { outcome: 'not-found' }
  | { outcome: 'refused' }

/** Stored workflows of one tenant at a time; those of another one are not there. */
export type WorkflowStore = {
  /** Stores a version, unless the workflow has this document already. Racing callers come one after the other. */
  put(tenant: TenantId, workflow: NewWorkflowVersion): Promise<PutWorkflowResult>
  get(tenant: TenantId, name: string): Promise<WorkflowRow | undefined>
  /** `ref`: a version, a label, or undefined for the newest version. */
  version(tenant: TenantId, name: string, ref: string | undefined): Promise<StoredWorkflow | undefined>
  /** By name; `after`: the last one of the page before. */
  list(tenant: TenantId, page: { after?: string; limit: number }): Promise<WorkflowRow[]>
  /** Newest first; `before`: the last one of the page before. undefined: there is no such workflow. */
  versions(
    tenant: TenantId,
    name: string,
    page: { before?: number; limit: number },
  ): Promise<WorkflowVersionRow[] | undefined>
  /** Moves a label, or makes it. */
  setLabel(
    tenant: TenantId,
    label: { name: string; label: string; version: number; mayChange: NewWorkflowVersion['mayChange'] },
  ): Promise<LabelResult>
  /** Says whether it was there. */
  removeLabel(tenant: TenantId, name: string, label: string): Promise<boolean>
}
