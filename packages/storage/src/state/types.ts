import type { Blob, Json, NodeStatus, Path, RunId, RunStatus, TenantId, Time } from '@treadle/contract'

/** A point that a run can be forked from: an output was stored here. */
export type CheckpointRow = { seq: number; node: Path; name?: string; time: Time; outputRef?: Blob }

export type CheckpointPage = { items: CheckpointRow[]; lastSeq: number }

/** Values may be, or hold, handles. */
export type StateAt = {
  runId: RunId
  seq: number
  input: Json
  nodes: { [path: Path]: { seq: number; output: Json } }
}

/** What could be taken over by a fork: an output, and the kind of its node. */
export type PointRow = { path: Path; kind?: string; seq: number }

/** Outputs that a fork took over. They may be, or hold, handles. */
export type TakenOverPage = { outputs: { path: Path; output: Json }[]; next?: Path }

export type NodeStatusRow = { path: Path; status: NodeStatus }

export type RunStatuses = { runId: RunId; status: RunStatus; asOfSeq: number; nodes: NodeStatusRow[] }

/** What stands of a run in its checkpoints: the state at any `seq` is the set of those up to it. Nothing is seen of another tenant. */
export type StateStore = {
  /** A page, oldest first; undefined when the tenant has no such run. */
  checkpoints(
    tenant: TenantId,
    runId: RunId,
    options: { after: number; limit: number },
  ): Promise<CheckpointPage | undefined>
  /** The whole state as of `seq`; undefined when there is no such run, or it has not come so far. */
  at(tenant: TenantId, runId: RunId, seq: number): Promise<StateAt | undefined>
  /** Every output up to `seq`, without values, oldest first. */
  points(tenant: TenantId, runId: RunId, seq: number): Promise<PointRow[]>
  /** Outputs by path. */
  outputs(tenant: TenantId, runId: RunId, paths: readonly Path[]): Promise<{ path: Path; output: Json }[]>
  /** The newest checkpoint of that name. */
  named(tenant: TenantId, runId: RunId, name: string): Promise<number | undefined>
  /** The run's own input, as it is stored, and its document where it was posted. */
  request(tenant: TenantId, runId: RunId): Promise<{ input: Json; document?: string } | undefined>
  /** How every execution of a node stands, without values. */
  statuses(tenant: TenantId, runId: RunId): Promise<RunStatuses | undefined>
}
