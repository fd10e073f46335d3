import type { Json } from '@treadle/contract'
import type { Cancellation } from './cancellation.ts'
import type { Call } from './engine.ts'
import { Failure, fail } from './failure.ts'

/** Bounds what the workflow itself executes: at the deadline `work` is cancelled and waited for, then the node fails with `timeout`. */
export async function withTimeout(call: Call, work: (cancellation: Cancellation) => Promise<Json>): Promise<Json> {
  const { timeoutMs } = call.node
  if (timeoutMs === undefined) return work(call.cancellation)

  const untilMs = deadlineOf(call, timeoutMs)
  const cancellation = call.cancellation.child()
  const timer = call.cancellation.child()
  let elapsed = false
  void call.engine.host.sleep({ path: call.path, untilMs, purpose: 'timeout' }, timer).then((done) => {
    if (!done) return
    elapsed = true
    cancellation.cancel()
  })
  try {
    return await work(cancellation)
  } catch (error) {
    if (!elapsed || !(error instanceof Failure) || error.info.type !== 'cancelled') throw error
    throw fail('timeout', `It took longer than ${timeoutMs} ms.`, call.path)
  } finally {
    timer.cancel()
    timer.detach()
    cancellation.detach()
  }
}

/** When `afterMs` from the node's start are over; the same moment when the run goes on from a memo. */
export function deadlineOf(call: Call, afterMs: number): number {
  call.memo.deadlineMs ??= call.engine.host.now() + afterMs
  return call.memo.deadlineMs
}
