import type {
  Blob,
  ChildEnded,
  ErrorInfo,
  Json,
  Path,
  Plan,
  PlanLimits,
  RunCancelledData,
  RunFailedData,
  RunId,
  RunRef,
  RunState,
  RunStatus,
  TenantId,
  Time,
  Usage,
} from '@treadle/contract'

export type NewRun = {
  id: RunId
  /** true: the client chose `id`; the same request again under this id then answers with the first run. */
  clientGivenId: boolean
  plan: { hash: string; plan: Plan }
  /** The document as it was posted. */
  document?: string
  /** May be, or hold, handles. */
  input: Json
  workflow: { name: string; version?: string }
  tags?: Record<string, string>
  /** 1 is first. Default 3. */
  priority?: number
  startAt?: Time
  parent?: RunId
  forkedFrom?: { runId: RunId; seq: number }
  /** Blobs that it refers to besides the handles in its input: referred to in the same transaction. */
  refersTo?: readonly Blob[]
  /** Of a fork: what it takes over from `forkedFrom`. */
  takesOver?: TakesOver
  /** SHA-256 of the canonical request, hex. */
  requestFingerprint: string
  idempotency?: IdempotencyKey & { response: (run: RunRow) => StoredResponse }
}

/** Outputs of another run that a new one takes as given, in the order in which it shows them. */
export type TakesOver = {
  /** Copied from the other run's checkpoints. */
  paths: readonly Path[]
  /** Given by whoever forks. Values may be, or hold, handles. */
  given: readonly { path: Path; kind: string; output: Json }[]
}

/** Scope: tenant + method + path. Kept 24 h. */
export type IdempotencyKey = { method: string; path: string; keySha256: string; fingerprint: string }

export type StoredResponse = { status: number; body: Json; headers: Record<string, string> }

export type InsertResult =
  | { outcome: 'created'; run: RunRow }
  /** The key's first request has been answered: answer the same. */
  | { outcome: 'replayed'; response: StoredResponse }
  /** The key belongs to another request. */
  | { outcome: 'mismatch' }
  /** The key's first request is still being executed. */
  | { outcome: 'in-progress' }
  /** The tenant has as many runs as it may have at once. Nothing was stored, and the key is free. */
  | { outcome: 'quota-exceeded'; runsAtOnce: number }
  /** `forkedFrom` was erased meanwhile. */
  | { outcome: 'source-gone' }
  /** A run of this id is there already. */
  | { outcome: 'exists'; run: RunRow; sameRequest: boolean }

export type RunRow = {
  ref: RunRef
  id: RunId
  tenant: TenantId
  createdAt: Time
  status: RunStatus
  engineStatus?: string
  workflow: { name: string; version?: string }
  tags: Record<string, string>
  priority: number
  startAt?: Time
  planHash: string
  requestFingerprint: string
  usage: Usage
  nodes: { total: number; completed: number; running: number; failed: number }
  /** May be, or hold, handles. */
  output?: Json
  error?: ErrorInfo
  parent?: RunId
  forkedFrom?: { runId: RunId; seq: number }
  /** Runs that were forked from this one, newest first, 100 at most. */
  forks: RunId[]
  lastSeq: number
  /** The last event, once there is one. */
  endedSeq?: number
  startedAt?: Time
  endedAt?: Time
  cancelRequested: boolean
  pauseRequested: boolean
  /** false: nobody has told the store yet that Temporal knows the run. */
  startedInTemporal: boolean
}

export type RunStateRow = RunState

/** A `receive` that waits. `detail` is an approval's tool call. */
export type WaitingRow = {
  path: Path
  signal: string
  since: Time
  schema?: Json
  title?: string
  form?: Json
  detail?: Json
  until?: Time
}

/** Which runs are listed; all that is given has to hold. */
export type RunFilter = {
  status?: RunStatus
  /** The name of the workflow. */
  workflow?: string
  /** Without `value`: any. */
  tag?: { key: string; value?: string }
  /** Forks of this run. */
  forkedFrom?: RunId
  /** Created at or after. */
  since?: Time
  /** Created before. */
  until?: Time
  /** The last run of the page before. */
  before?: { createdAt: Time; id: RunId }
  limit: number
}

/** All that is needed to start a run's workflow again. */
export type PendingStart = { run: RunRow; plan: Plan; input: Json }

export type OpenRun = { run: RunRef; status: RunStatus; lastSeq: number }

/** `isWaitedFor`: by a node of its parent, which is no more; otherwise it was to be let go, and is not known to have begun. */
export type Orphan = { run: RunRef; status: RunStatus; isWaitedFor: boolean }

/** A signal that came before its run began. `seq`: of its `signal.received`. */
export type EarlySignal = { seq: number; id: string; name: string; payload: Json }

/** `paused`: whether the run is to be paused by now. */
export type HandOver = { signals: EarlySignal[]; paused: boolean }

/** How a run ends that no code of ours could end. */
export type ForcedEnd = { run: RunRef; engineStatus: string } & (
  | { type: 'run.failed'; data: RunFailedData }
  | { type: 'run.cancelled'; data: RunCancelledData }
)

/** What of a plan's limits is counted in Postgres. */
export type CountedLimits = Omit<PlanLimits, 'onExceeded' | 'durationMs'>

export type KeyClaim =
  | { outcome: 'first' }
  | { outcome: 'replayed'; response: StoredResponse }
  | { outcome: 'mismatch' }
  | { outcome: 'in-progress' }

/** `endedSeq`: of the last event, once the run has ended. */
export type RunHead = { lastSeq: number; endedSeq?: number }

/** The API's view of runs. Every method that takes a tenant sees nothing of another one: Postgres itself refuses it (row-level security). */
export type RunStore = {
  /** Stores the run as `pending`, with its idempotency record and `run.created`, in one transaction. Safe when callers race. */
  insert(tenant: TenantId, run: NewRun): Promise<InsertResult>
  get(tenant: TenantId, runId: RunId): Promise<RunRow | undefined>
  /** Where it stands; in one round trip, where `get` takes three. */
  head(tenant: TenantId, runId: RunId): Promise<RunHead | undefined>
  /** Newest first. */
  list(tenant: TenantId, filter: RunFilter): Promise<RunRow[]>
  /** Values by node path as of one `seq`, from one snapshot. A large value shows as `ref`. */
  state(tenant: TenantId, runId: RunId): Promise<RunStateRow | undefined>
  planOf(tenant: TenantId, runId: RunId): Promise<Plan | undefined>
  /** Running `receive`s, oldest first. */
  waiting(tenant: TenantId, runId: RunId): Promise<WaitingRow[]>
  /** Sets the flag that every append returns. The first reason stays. */
  requestCancel(
    tenant: TenantId,
    runId: RunId,
    reason?: string,
  ): Promise<'requested' | 'already' | 'ended' | 'not-found'>
  /** Sets the flag that every append returns; once for `key`, however often it is asked for under it. */
  requestPause(tenant: TenantId, runId: RunId, key?: IdempotencyKey): Promise<void>
  /**
   * Clears that flag, and sets new limits, each in the innermost budget that the run counts against and that has it; once for `key`.
   * Resolves to the names of limits that no budget has; then nothing is changed.
   */
  requestResume(tenant: TenantId, runId: RunId, limits: CountedLimits, key?: IdempotencyKey): Promise<string[]>

  /** For POST routes other than `POST /runs`: takes the key for `leaseMs` (default 60,000), unless somebody has it. */
  claimKey(tenant: TenantId, key: IdempotencyKey, leaseMs?: number): Promise<KeyClaim>
  /** What is known of a key, which is not taken by that; undefined: nothing. */
  lookUpKey(tenant: TenantId, key: IdempotencyKey): Promise<Exclude<KeyClaim, { outcome: 'first' }> | undefined>
  /** Keeps a key that `claimKey` gave out as `first`, and that has no answer yet, for `leaseMs` from now. */
  renewKey(tenant: TenantId, key: IdempotencyKey, leaseMs: number): Promise<void>
  /** Stores the answer of a key that `claimKey` gave out as `first`. */
  rememberAnswer(tenant: TenantId, key: IdempotencyKey, response: StoredResponse): Promise<void>
  /** Frees a key whose request failed before any effect. */
  forgetKey(tenant: TenantId, key: IdempotencyKey): Promise<void>
  /** Takes the key and stores the answer in one: for an effect that does no harm when it is done again, and is done. */
  claimAnswered(tenant: TenantId, key: IdempotencyKey, response: StoredResponse): Promise<KeyClaim>

  /**
   * Keeps a signal for a run that is not marked as started, with its `signal.received` and the answer of its key: resolves to the seq of
   * that event. Undefined: the run is Temporal's, or has ended.
   */
  keepSignal(
    tenant: TenantId,
    runId: RunId,
    signal: Omit<EarlySignal, 'seq'>,
    idempotency?: IdempotencyKey & { response: (seq: number) => StoredResponse },
  ): Promise<number | undefined>
  /**
   * Temporal has the run, and its early signals up to the seq `delivered` (default 0). Where signals are left they have to be delivered
   * first; with none the run is marked, and the reconciler need not start it.
   */
  markStarted(tenant: TenantId, runId: RunId, delivered?: number): Promise<HandOver>
  /** Of all tenants: runs that are due and that nobody marked as started for `olderThanMs`, oldest first. Children are not among them. */
  pendingStarts(options: { olderThanMs: number; limit: number }): Promise<PendingStart[]>
  /** Of all tenants: runs without a last event and without any event for `olderThanMs`, oldest first, from the one past `after` on. */
  openRuns(options: { olderThanMs: number; limit: number; after?: RunRef }): Promise<OpenRun[]>
  /** Of all tenants: open children whose parent has ended for `olderThanMs`, or is gone, and that wait for it. */
  orphans(options: { olderThanMs: number; limit: number }): Promise<Orphan[]>
  /** Children that have ended for `olderThanMs` while their node in this run goes on waiting for them. */
  unheardChildren(tenant: TenantId, runId: RunId, olderThanMs: number): Promise<ChildEnded[]>
  /** Writes the last event, after `node.cancelled` for every open node; false when the run has one already (the first wins). */
  close(end: ForcedEnd): Promise<boolean>
  /** Takes a run that has ended out of the store, with its log. What only it refers to is swept within a day. */
  erase(tenant: TenantId, runId: RunId): Promise<'erased' | 'active' | 'not-found'>
  /** Keeps Temporal's word where it differs from the log, which stands. */
  setEngineStatus(tenant: TenantId, runId: RunId, engineStatus: string): Promise<void>
}
