import type { ErrorInfo, EventType, Json, OutboxEvent, Path, RunRef, Runtime, Usage } from '@treadle/contract'

/** An event of an attempt. `ordinal` counts up within the attempt (gaps are allowed); stored ordinals are dropped. */
export type AttemptEvent = { ordinal: number; type: EventType; data: object }

/** Names an attempt, and so fences: it changes nothing once a newer attempt has claimed its path, or the run has ended. */
export type AttemptKey = { run: RunRef; path: Path; attempt: number }

export type AppendRequest = AttemptKey & { events: AttemptEvent[] }

/** The event that ends an attempt. `node.retrying` leaves the node open for the next claim; the others close it. */
export type AttemptEnd =
  | { type: 'node.completed'; ordinal: number; output: Json; usage?: Usage; cached?: boolean; checkpointName?: string }
  | { type: 'node.retrying'; ordinal: number; error: ErrorInfo; delayMs: number; usage?: Usage }
  | { type: 'node.failed'; ordinal: number; error: ErrorInfo; caught: boolean; usage?: Usage }
  | { type: 'node.cancelled'; ordinal: number; usage?: Usage }

export type EndRequest = AppendRequest & { end: AttemptEnd }

/**
 * An end that was handed in before, and that something builds on which is handed in before it is known to be stored: that counts only
 * where the end stands.
 */
export type EndRef = { path: Path; attempt: number }

/**
 * An event of the workflow. In a segment also one of a node that its executor computes itself: that has the number 0, and changes only
 * what the node's row still lacks.
 */
export type RecordedEvent = OutboxEvent & { after?: EndRef[] }

export type ClaimRequest = {
  run: RunRef
  path: Path
  kind: string
  runtime: Runtime
  /** Further data of `node.started`. */
  startedData?: object
  /** Events of the workflow that are not known to be applied; they are written before `node.started`. */
  outbox: RecordedEvent[]
  /** In a segment: what has led to this claim, maybe nothing. While the run is paused it begins no node. */
  after?: EndRef[]
}

/** A limit of the run would be passed, see `pausesRun`. */
export type Refusal = { error: ErrorInfo }

/**
 * `failures`: attempts that ended by `node.retrying`; `deaths`: attempts that ended without a word; `limited`: the run counts against a
 * budget, so calls of models are reserved (Budgets).
 */
export type ClaimResult = { outboxApplied: number } & (
  | {
      status: 'claimed'
      attempt: number
      failures: number
      deaths: number
      cancelRequested: boolean
      pauseRequested: boolean
      limited: boolean
    }
  /** It would pass `nodeRuns`: nothing was written, execute nothing. */
  | ({ status: 'refused' } & Refusal)
  /** Its checkpoint is there: take the output (which may be, or hold, handles), execute nothing. */
  | { status: 'done'; output: Json; usage?: Usage }
  /** An earlier attempt has written `node.failed`, and nobody heard of it: fail with this again, execute nothing. */
  | { status: 'failed'; error: ErrorInfo }
  /** An earlier attempt, or the workflow, has written `node.cancelled`. */
  | { status: 'cancelled' }
  /** The run has its last event. */
  | { status: 'ended' }
  /** An end that it was to come after was fenced. */
  | { status: 'fenced' }
  /** In a segment: the run is paused, and this node has not begun. */
  | { status: 'paused' }
)

export type AppendResult = {
  /** false: fenced by a newer attempt, the node is closed, or the run has ended. Nothing of this call is in the log. */
  accepted: boolean
  /** The newest event of the run. */
  lastSeq: number
  cancelRequested: boolean
  pauseRequested: boolean
}

export type RecordRequest = { run: RunRef; outbox: RecordedEvent[] }
export type RecordResult = {
  outboxApplied: number
  cancelRequested: boolean
  pauseRequested: boolean
  ended: boolean
  /** With the nodes of this outbox the run has passed its `nodeRuns`. */
  exceeded?: Refusal
  /** Of a run that has ended: what it and the children that it waited for have used. */
  usage?: Usage
}

/**
 * Writes a process's events. It sends when nothing is in flight and gathers while something is: the least delay when idle, the
 * largest batches when busy, no timer. Calls resolve when their batch is committed, and take effect in the order of the calls for
 * one path. A batch whose outcome is unknown is sent again unchanged, until it is known or the appender is closed.
 */
export type Appender = {
  claim(request: ClaimRequest): Promise<ClaimResult>
  append(request: AppendRequest): Promise<AppendResult>
  end(request: EndRequest): Promise<AppendResult>
  record(request: RecordRequest): Promise<RecordResult>
  /** Resolves at once while less than `bytesMax` waits, else when it does again. Await it before reading more of a model's stream. */
  room(): Promise<void>
  /** Resolves when everything handed in so far is committed or refused. */
  flush(): Promise<void>
  /** Sends what waits, then refuses further calls. What Postgres does not take within `timeoutMs` (default 10,000) is rejected. */
  close(timeoutMs?: number): Promise<void>
}
