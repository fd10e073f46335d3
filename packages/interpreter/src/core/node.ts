import type { ErrorInfo, Json } from '@treadle/contract'
import { type Call, frameAt } from './engine.ts'
import { emitCancelled, emitCompleted, emitFailed, emitSkipped } from './events.ts'
import { cancelled, type Failure, isCatchable, toFailure } from './failure.ts'
import { runKind } from './kinds/index.ts'
import { finish, takeOver } from './memo.ts'
import { holds, keep } from './render.ts'
import { checkSchema } from './schema.ts'
import { createScope } from './scope.ts'

/**
 * Executes one node to its end: `when`, its kind, `outputSchema`, `catch`, and the events of all that. Resolves to its output (null when it
 * was skipped); rejects with a Failure when it failed and nothing caught it, or was cancelled.
 */
export async function runNode(call: Call): Promise<Json> {
  if (call.memo.output !== undefined) return call.memo.output
  const given = call.engine.reused.get(call.path)
  if (given !== undefined) return takeOver(call.memo, given)
  if (call.cancellation.isCancelled) throw cancelled(call.path)

  try {
    if (call.memo.caught) return await recover(call, call.memo.caught)
    const output = await attempt(call)
    if (output === SKIPPED) return skip(call)
    if (call.memo.owner === 'workflow') emitCompleted(call, output)
    finish(call.memo, output)
    return output
  } catch (thrown) {
    return handle(call, toFailure(thrown, call.path))
  }
}

const SKIPPED = Symbol('skipped')

async function attempt(call: Call): Promise<Json | typeof SKIPPED> {
  const { node, memo } = call
  // A node in progress was asked already.
  if (!memo.owner && node.when !== undefined && !(await holds(call, node.when, 'when'))) return SKIPPED
  // Waits only where it has to: a promise more is a step more in every history.
  const admission =
    memo.owner || memo.progress !== undefined ? undefined : call.engine.host.admit?.(call.path, call.cancellation)
  if (admission) await admission
  const output = await runKind(call)
  if (memo.owner === 'worker') return output
  await checkSchema(call, output, node.outputSchema)
  return keep(call, output)
}

/** After the attempts: `catch`, then the body fails. */
async function handle(call: Call, failure: Failure): Promise<Json> {
  const { info } = failure
  if (call.cancellation.isCancelled) {
    emitCancelled(call)
    if (call.memo.owner) call.memo.ended = { status: 'cancelled' }
    throw cancelled(call.path)
  }
  const index = call.memo.caught ? -1 : catchFor(call, info)
  // What a limit kept from starting has no start, and so no end.
  if (call.memo.owner || isCatchable(info.type)) emitFailed(call, info, index >= 0)
  if (index < 0) {
    call.memo.ended = { status: 'failed', error: info }
    throw failure
  }

  call.memo.caught = { index, error: info }
  delete call.memo.inner
  try {
    return await recover(call, call.memo.caught)
  } catch (thrown) {
    return handle(call, toFailure(thrown, call.path))
  }
}

function catchFor({ node }: Call, { type }: ErrorInfo): number {
  if (!isCatchable(type)) return -1
  return (node.catch ?? []).findIndex(({ on }) => on.includes('*') || on.includes(type))
}

/** The output of the catch body becomes the node's, and has to fit its schema too. */
async function recover(call: Call, { index, error }: { index: number; error: ErrorInfo }): Promise<Json> {
  const entry = call.node.catch?.[index]
  if (!entry) throw new Error(`The plan has no catch ${index} at ${call.node.pointer}.`)
  const { type, message, details = null } = error
  const scope = createScope(call.scope, { error: { type, message, details: details as Json } })
  const output = await call.engine.runBody(entry.body, frameAt(call, `!${index}`, scope, call.cancellation))
  await checkSchema(call, output, call.node.outputSchema)
  const kept = await keep(call, output)
  emitCompleted(call, kept)
  finish(call.memo, kept)
  return kept
}

function skip(call: Call): Json {
  emitSkipped(call)
  finish(call.memo, null)
  call.memo.ended = { status: 'skipped' }
  return null
}
