import { CancellationScope } from '@temporalio/workflow'
import type { Json, RunArgs } from '@treadle/contract'
import { createSession } from './session.ts'

/**
 * The one workflow: executes any plan. Resolves to the run's output; fails with an ApplicationFailure whose type is the error's; ends as
 * cancelled when it was cancelled. In each case the run's last event is in the log by then.
 */
export async function treadleRun(args: RunArgs): Promise<Json> {
  const session = createSession(args)
  CancellationScope.current().cancelRequested.catch(() => session.cancel())
  // Temporal's cancel would cut through everything, the record of the end included: it reaches nodes by our own cancellation only.
  return CancellationScope.nonCancellable(() => session.run())
}
