import type {
  ErrorInfo,
  EventType,
  Json,
  JsonSchema,
  MemoDelta,
  NodeTask,
  PlanExpression,
  PlanRunNode,
  RunId,
  Runtime,
  SegmentTask,
  Usage,
} from '@treadle/contract'
import type { Template } from '@treadle/expressions'
import type { Cancellation } from './cancellation.ts'

/**
 * What the core needs of the world. The workflow implements it with activities, timers and signals; the segment host with plain functions; the
 * tests with data. Promises settle in an order that depends on the plan and on what the world answered, on nothing else.
 */
export interface Host {
  /** Unix time in milliseconds; deterministic where the host is replayed. */
  now(): number
  /** Puts an event of the run itself into the log, at its place in the order; does not wait for it. */
  emit(event: RunEvent): void
  /**
   * Counts a node that is about to begin, skipped ones not. Where it has to wait (the run is paused) it gives a promise; that, or the call
   * itself, fails with a Failure where the node may not begin. Absent: whoever claims nodes counts them.
   */
  admit?(path: string, cancellation: Cancellation): Promise<void> | undefined
  /** Executes a node on a worker. Never rejects. When cancelled it resolves once the worker has let go. */
  execute(request: ExecuteRequest, cancellation: Cancellation): Promise<ExecuteOutcome>
  /** Renders where large values are at hand. What it makes above 16 KiB comes back as a handle. Rejects with a Failure. */
  evaluate(request: EvaluateRequest): Promise<Json>
  /** Resolves to true at `untilMs` (Unix, milliseconds), to false as soon as it is cancelled. */
  sleep(request: SleepRequest, cancellation: Cancellation): Promise<boolean>
  /** Waits for a signal. */
  receive(request: ReceiveRequest, cancellation: Cancellation): Promise<ReceiveOutcome>
  /**
   * Has an executor do as much of a segment as it does at once, see segment.ts. Never rejects; when cancelled it resolves once the executor
   * has let go. A host without it executes each node by itself.
   */
  executeSegment?(request: SegmentRequest, cancellation: Cancellation): Promise<SegmentOutcome>
  /** The id of the child run of the node at `path`: the same for each execution of the node. */
  childRunId(path: string): RunId
  /** Starts a child run, unless it is there. Resolves to why it could not. */
  startChild(request: ChildRequest, cancellation: Cancellation): Promise<ErrorInfo | undefined>
  /** Resolves when the child has ended; when cancelled the child is, and it resolves once that has ended. */
  childEnd(child: ChildRef, cancellation: Cancellation): Promise<ChildEnd>
}

/** `ifOpen`: an executor may have written the end of this node already; then this event is dropped. */
export type RunEvent = { type: EventType; node?: string; data: Record<string, unknown>; ifOpen?: true }

/** A node for a worker: a NodeTask but for what the host adds. */
export type ExecuteRequest = Omit<NodeTask, 'task' | 'run' | 'outbox'> & { runtime: Runtime }

/** `recorded`: the worker has written `node.failed` or `node.cancelled` itself. */
export type ExecuteOutcome =
  | { ok: true; output: Json; usage?: Usage }
  | { ok: false; error: ErrorInfo; recorded: boolean }

export type EvaluateRequest = {
  path: string
  expressions: PlanExpression[]
  template: Template
  scope: Record<string, Json>
  /** What the value has to fit, once loaded; rejects with `invalid_output` where it does not. */
  schema?: JsonSchema
  /** The value is a list (or null) that has to stay one: its items become handles, not the whole. */
  spread?: true
}

/** A SegmentTask but for what the host adds. `isRest`: nothing else of the run is left. `timeoutMs`: the longest that an attempt in it may take. */
export type SegmentRequest = Omit<SegmentTask, 'task' | 'run' | 'outbox' | 'startMs' | 'endN'> & {
  isRest: boolean
  timeoutMs: number
}

/** How far a segment came. `open`: it goes on, after `delayMs`. */
export type SegmentOutcome = { memo?: MemoDelta } & (
  | { status: 'done' | 'cancelled' }
  | { status: 'failed'; error: ErrorInfo }
  | { status: 'open'; delayMs?: number }
)

/** `wait`: a node does nothing but this. `timeout`: it bounds something that runs. `retry`: a segment goes on then. */
export type SleepRequest = { path: string; untilMs: number; purpose: 'wait' | 'timeout' | 'retry' }

export type ReceiveRequest = {
  path: string
  signal: string
  untilMs?: number
  /** Says whether a kept payload is for this receive; one that was sent to it was checked before. */
  fits(payload: Json): boolean
}

export type ReceiveOutcome = { payload: Json } | 'timeout' | 'cancelled'

export type ChildRef = { path: string; childRunId: RunId }

/** `isDetached`: nobody waits for its end. */
export type ChildRequest = ChildRef & { workflow: PlanRunNode['workflow']; input: Json; isDetached: boolean }

/** `usage`: of the child and of its own children. */
export type ChildEnd = ({ output: Json } | { error: ErrorInfo }) & { usage?: Usage }
