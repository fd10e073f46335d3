import type { Json, ToolCall, ToolCallResult } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import { emitCancelled, emitCompleted, emitFailed } from '../events.ts'
import { executeWork } from '../execute-work.ts'
import { cancelled, type Failure, isCatchable, toFailure } from '../failure.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { finish } from '../memo.ts'
import { resolveTool } from '../resolve-tool.ts'
import { approve } from './approve.ts'
import { innerCall } from './inner-call.ts'
import { isOffered, needsApproval, type Profile } from './profile.ts'

/**
 * One tool call of a turn. What goes wrong with it is told to the model, which may try otherwise; only what can never be caught fails the
 * agent. Its output stays with the worker, where the next model call reads it.
 */
export async function callTool(
  call: Call<NodeOf<'agent'>>,
  profile: Profile,
  { toolCall, place }: { toolCall: ToolCall; place: string },
  cancellation: Cancellation,
): Promise<ToolCallResult> {
  const { id: toolCallId, name } = toolCall
  const refuse = (type: string, message: string) => ({ toolCallId, content: { error: { type, message } } })
  const args = parseArguments(toolCall.arguments)
  if (!isOffered(profile, name)) return refuse('invalid_request', `There is no tool \`${name}\`.`)
  if (args === undefined) return refuse('invalid_request', 'The arguments are not a JSON object.')

  const inner = innerCall(
    call,
    place,
    { kind: 'tool', tool: name, args: { lit: args }, catch: [{ on: ['*'], body: -1 }] },
    cancellation,
  )
  const done = inner.memo.output
  if (done !== undefined) return done as unknown as ToolCallResult
  if (needsApproval(profile, name)) {
    const answer = await approve(call, { name, args, place: `${place}.approve` }, cancellation)
    if (!answer.ok) return refuse('refused', answer.reason ?? 'A person refused this call.')
  }
  return execute(inner, toolCallId, args)
}

async function execute(inner: Call<NodeOf<'tool'>>, toolCallId: string, args: Json): Promise<ToolCallResult> {
  const settle = (result: ToolCallResult) => {
    finish(inner.memo, result as unknown as Json)
    return result
  }
  try {
    const { work, ...options } = await resolveTool(inner, inner.node.tool, args)
    await executeWork(inner, work, { ...options, byReference: true })
    return settle({ toolCallId, path: inner.path })
  } catch (thrown) {
    const content = tellModel(inner, toFailure(thrown, inner.path))
    return settle({ toolCallId, content })
  }
}

/** A failure that the model is told of is caught: so it is in the log. */
function tellModel(inner: Call<NodeOf<'tool'>>, failure: Failure): Json {
  if (inner.cancellation.isCancelled) {
    emitCancelled(inner)
    throw cancelled(inner.path)
  }
  const { type, message } = failure.info
  emitFailed(inner, failure.info, isCatchable(type))
  if (!isCatchable(type)) throw failure
  const content = { error: { type, message } }
  emitCompleted(inner, content)
  return content
}

function parseArguments(text: string): Json | undefined {
  try {
    const args: Json = text.trim() === '' ? {} : JSON.parse(text)
    return typeof args === 'object' && args !== null && !Array.isArray(args) ? args : undefined
  } catch {
    return undefined
  }
}
