import type { ErrorInfo, Runtime, Usage } from './generated/types.ts'
import type { Json } from './json.ts'

/** Names that cross a process or a language: spelled alike in TypeScript, Python and Go. */
export const WORKFLOW_TYPE = 'treadleRun'
export const WORKFLOW_TASK_QUEUE = 'treadle-workflows'
/**
 * Where a language's activities are. Those in TypeScript share the queue of the workflows: Temporal hands the worker that scheduled one the
 * task at once (eager activity start), which saves a dispatch each.
 */
export const activityTaskQueue = (runtime: Runtime): string =>
  runtime === 'typescript' ? WORKFLOW_TASK_QUEUE : `treadle-${runtime}`

export const ACTIVITIES = {
  /** An activity on the queue of its language: NodeTask in, NodeResult out. */
  executeNode: 'executeNode',
  /** Local, or an activity where the run has more under way: SegmentTask in, SegmentResult out. */
  executeSegment: 'executeSegment',
  /** Local: RecordTask in, `{ outboxApplied }` out. */
  record: 'record',
  /** Local: nothing in, nothing out. Has Temporal ask the workflow that calls it to cancel itself. */
  requestCancel: 'requestCancel',
  /** Local: EvaluateTask in, `{ value }` out. */
  evaluate: 'evaluate',
  /** Local: TakeOverTask in, TakenOver out. */
  takeOver: 'takeOver',
  /** Local: ChildTask in, ChildCreated out. */
  createChild: 'createChild',
} as const

/**
 * What an attempt gets on top of its node's `timeout`, in milliseconds, to write how it ended: the interpreter adds it to Temporal's
 * start-to-close timeout, and a worker without a timeout of its own takes it off.
 */
export const ATTEMPT_GRACE_MS = 15_000

/** Signal and update `signal` (SignalDelivery), signal `control` (Control), query `state`. */
export const HANDLERS = { signal: 'signal', control: 'control', childEnded: 'childEnded', state: 'state' } as const

/** What the update and the signal `signal` carry. `id` makes a repeat harmless. `received`: its `signal.received` is in the log already. */
export type SignalDelivery = { id: string; name: string; node?: string; payload: unknown; received?: true }

/** How a run has ended; its last event is `run.<type>`. */
export type RunEnd = { type: 'completed'; output: Json } | { type: 'failed'; error: ErrorInfo } | { type: 'cancelled' }

/** What the signal `childEnded` carries: how the child of the node at `path` ended, and what it and its own children used. */
export type ChildEnded = { path: string; runId: string; usage?: Usage } & ({ output: unknown } | { error: ErrorInfo })

/**
 * What the signal `control` carries. It goes on to the children that are waited for. `budgetRun`: a child has met a limit of that run, so a
 * pause goes up to it too. `limits`: of a resume; in the run's budget already (Postgres), the workflow needs to know of its own.
 */
export type Control = {
  id: string
  action: 'pause' | 'resume'
  reason?: string
  budgetRun?: string
  limits?: { durationMs?: number; nodeRuns?: number }
}

/** Typed search attributes, by name; created through the operator API at start. */
export const SEARCH_ATTRIBUTES = {
  TreadleTenant: 'KEYWORD',
  TreadleWorkflow: 'KEYWORD',
  TreadleVersion: 'KEYWORD',
  TreadleStatus: 'KEYWORD',
  TreadleTags: 'KEYWORD_LIST',
} as const

/** LISTEN channel of the event log. */
export const EVENTS_CHANNEL = 'treadle_events'

export const DEFAULT_TENANT = 'default'

const LAST_EVENTS = new Set(['run.completed', 'run.failed', 'run.cancelled'])

/** Says whether events of this type end a run: exactly one of them is the last of its log. */
export const isLastEvent = (type: string): boolean => LAST_EVENTS.has(type)
