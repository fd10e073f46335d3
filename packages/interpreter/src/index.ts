export { type Cancellation, createCancellation } from './core/cancellation.ts'
export { outputData } from './core/events.ts'
export { Failure, toFailure } from './core/failure.ts'
export type {
  EvaluateRequest,
  ExecuteOutcome,
  ExecuteRequest,
  Host,
  ReceiveOutcome,
  ReceiveRequest,
  RunEvent,
  SegmentRequest,
} from './core/host.ts'
export { type MemoEntry, type MemoJson, memoFromJson, memoToJson } from './core/memo.ts'
export { memoDelta } from './core/memo-delta.ts'
export { type RunPartOptions, runPart } from './core/run-part.ts'
export { type RunPlanOptions, runPlan } from './core/run-plan.ts'
