import type { Call } from '../engine.ts'
import { begin } from '../events.ts'
import { Failure } from '../failure.ts'
import { render } from '../render.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

/** `isStarted`: the child is there, and tells its parent when it has ended. */
type Progress = { childRunId: string; isStarted?: true }

/** Another workflow as a child run: its output, or with `detach` its id at once. Cancelling reaches a child that is waited for. */
export const runRun: Kind<NodeOf<'run'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    const { host } = call.engine
    const { workflow, mode } = call.node
    const input = await render(call, call.node.input)
    const { childRunId, isStarted } = progressOf(call)
    const child = { path: call.path, childRunId }
    if (!isStarted) {
      const refused = await host.startChild({ ...child, workflow, input, isDetached: mode === 'detach' }, cancellation)
      if (refused) throw new Failure({ ...refused, node: call.path })
      call.memo.progress = { childRunId, isStarted: true } satisfies Progress
    }
    // Only now: whoever reads of the child can follow it.
    begin(call, { childRunId })
    if (mode === 'detach') return { runId: childRunId }
    const end = await host.childEnd(child, cancellation)
    if (end.usage) call.usage = end.usage
    if ('output' in end) return end.output
    const { type, message } = end.error
    throw new Failure({ type, message, node: call.path, details: { childRunId, error: end.error } })
  })

function progressOf(call: Call): Progress {
  const known = call.memo.progress as Progress | undefined
  if (known) return known
  const progress = { childRunId: call.engine.host.childRunId(call.path) }
  call.memo.progress = progress
  return progress
}
