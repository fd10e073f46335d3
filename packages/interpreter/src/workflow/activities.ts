import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import {
  ACTIVITIES,
  ATTEMPT_GRACE_MS,
  activityTaskQueue,
  type ChildCreated,
  type ChildTask,
  type EvaluateTask,
  type Json,
  type NodeResult,
  type NodeTask,
  type RecordTask,
  type Runtime,
  type SegmentResult,
  type SegmentTask,
  type TakenOver,
  type TakeOverTask,
} from '@treadle/contract'
import {
  HEARTBEAT_MS,
  LLM_ATTEMPT_MS,
  LOCAL_SCHEDULE_TO_CLOSE_MS,
  LOCAL_START_TO_CLOSE_MS,
  OTHER_ATTEMPT_MS,
} from './bounds.ts'
import { createGate } from './gate.ts'
import type { RecordResult } from './recorder.ts'

type Remote = {
  [ACTIVITIES.executeNode](task: NodeTask): Promise<NodeResult>
  [ACTIVITIES.executeSegment](task: SegmentTask): Promise<SegmentResult>
}

type Local = {
  [ACTIVITIES.record](task: RecordTask): Promise<RecordResult>
  [ACTIVITIES.requestCancel](): Promise<void>
  [ACTIVITIES.evaluate](task: EvaluateTask): Promise<{ value: Json }>
  [ACTIVITIES.takeOver](task: TakeOverTask): Promise<TakenOver>
  [ACTIVITIES.createChild](task: ChildTask): Promise<ChildCreated>
  [ACTIVITIES.executeSegment](task: SegmentTask): Promise<SegmentResult>
}

const LOCAL = {
  startToCloseTimeout: LOCAL_START_TO_CLOSE_MS,
  scheduleToCloseTimeout: LOCAL_SCHEDULE_TO_CLOSE_MS,
  // Longer pauses than `localRetryThreshold` become timers, so that a workflow task is not held open by an outage.
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 10_000 },
  localRetryThreshold: 5_000,
} as const

const local = proxyLocalActivities<Local>(LOCAL)

/**
 * Local activities of a run go one after the other, in the order in which they were called. Of two under way at once a live execution hears
 * as they end, one by one; its replay hears of both together, where what follows from one may overtake what follows from the other.
 */
const oneAtATime = createGate(1)

export const record = inTurn(local.record)
export const requestCancel = inTurn(local.requestCancel)
export const evaluate = inTurn(local.evaluate)
export const takeOver = inTurn(local.takeOver)
export const createChild = inTurn(local.createChild)
export const isLocalActivityUnderWay = () => !oneAtATime.isIdle

function inTurn<Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    await oneAtATime.enter()
    try {
      return await call(...args)
    } finally {
      oneAtATime.leave()
    }
  }
}

/** Temporal's limit of an id. */
const ACTIVITY_ID_MAX = 1_000
/** Bytes; paths are ASCII. */
const SUMMARY_MAX = 200

/** Executes a node on the queue of its language. The attempts are the executor's to decide (ARCHITECTURE.md, Retries). */
export function executeNode(task: NodeTask, runtime: Runtime): Promise<NodeResult> {
  const { path, timeoutMs, work } = task
  const usual = work.kind === 'llm' || work.kind === 'modelTurn' ? LLM_ATTEMPT_MS : OTHER_ATTEMPT_MS
  const remote = proxyActivities<Remote>({
    taskQueue: activityTaskQueue(runtime),
    ...(path.length <= ACTIVITY_ID_MAX ? { activityId: path } : {}),
    summary: path.slice(0, SUMMARY_MAX),
    heartbeatTimeout: HEARTBEAT_MS,
    startToCloseTimeout: (timeoutMs ?? usual) + ATTEMPT_GRACE_MS,
    // Documented as the default, but unset it behaves as TRY_CANCEL.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
  })
  return remote.executeNode(task)
}

/** Executes a segment within the workflow task. `timeoutMs`: the longest that one attempt in it may take. */
export function executeSegmentHere(task: SegmentTask, timeoutMs: number): Promise<SegmentResult> {
  const here = proxyLocalActivities<Local>({
    ...LOCAL,
    startToCloseTimeout: timeoutMs + LOCAL_START_TO_CLOSE_MS,
  })
  return inTurn(here.executeSegment)(task)
}

/** Executes a segment as an activity, so that the workflow goes on meanwhile. */
export function executeSegmentElsewhere(task: SegmentTask, timeoutMs: number): Promise<SegmentResult> {
  const remote = proxyActivities<Remote>({
    taskQueue: activityTaskQueue('typescript'),
    summary: task.path.slice(0, SUMMARY_MAX),
    heartbeatTimeout: HEARTBEAT_MS,
    startToCloseTimeout: timeoutMs + LOCAL_START_TO_CLOSE_MS,
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 },
  })
  return remote.executeSegment(task)
}
