import type { Json, Plan } from '@treadle/contract'
import { runBody } from './body.ts'
import { type Cancellation, createCancellation } from './cancellation.ts'
import type { Engine } from './engine.ts'
import { fail } from './failure.ts'
import type { Host } from './host.ts'
import type { MemoEntry } from './memo.ts'
import { keep } from './render.ts'
import { createScope } from './scope.ts'

export type RunPlanOptions = {
  input: Json
  /** What expressions see as `run`. `startedAt`: RFC 3339. */
  run: { id: string; startedAt: string }
  host: Host
  /** What is done already, and where what gets done is noted; default: nothing. */
  memo?: MemoEntry
  /** Of a fork: outputs by path that are taken as given. */
  reused?: ReadonlyMap<string, Json>
  /** Cancels the run: running nodes are cancelled and waited for. */
  cancellation?: Cancellation
}

/**
 * Executes a plan. Resolves to the output of the run; rejects with a Failure when a node failed and nothing caught it, and with one of type
 * `cancelled` when it was cancelled. What happens on the way goes to `host.emit`; first and last event of the run are the caller's.
 */
export async function runPlan(plan: Plan, options: RunPlanOptions): Promise<Json> {
  if (plan.plan !== 1)
    throw fail(
      'invalid_request',
      `This interpreter executes plans of format 1, not ${plan.plan}. Compile the document again.`,
    )
  const { input, run, host, memo = {}, reused = new Map(), cancellation = createCancellation() } = options
  const engine: Engine = {
    plan,
    host,
    reused,
    runBody: (index, frame) => runBody(engine, index, frame),
  }
  const scope = createScope(undefined, { input, run: { id: run.id, startedAt: run.startedAt } })
  const output = await engine.runBody(0, { path: '', scope, cancellation, memo })
  return keep({ engine, path: '', scope }, output)
}
