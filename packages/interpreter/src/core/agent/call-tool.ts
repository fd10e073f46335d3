import {
  type Approval,
  type AskedToolCall,
  findForgedHandle,
  findRoundedInteger,
  type Json,
  type ToolCallResult,
} from '@treadle/contract'
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
  { toolCall, place }: { toolCall: AskedToolCall; place: string },
  cancellation: Cancellation,
): Promise<ToolCallResult> {
  const { id: toolCallId, name } = toolCall
  if (!isOffered(call.engine.plan, profile, name))
    return refusal(toolCallId, 'invalid_request', `There is no tool \`${name}\`.`)
  // Large arguments were parsed, and put aside, by the worker.
  const args = toolCall.args === undefined ? parseArguments(toolCall.arguments) : (toolCall.args as Json)
  if (typeof args === 'string') return refusal(toolCallId, 'invalid_request', args)

  const inner = innerCall(
    call,
    place,
    { kind: 'tool', tool: name, args: { lit: args }, catch: [{ on: ['*'], body: -1 }] },
    cancellation,
  )
  if (inner.memo.ended?.status === 'reused') return { toolCallId, path: inner.path } // The model reads it from its checkpoint.
  const done = inner.memo.output
  if (done !== undefined) return done as unknown as ToolCallResult
  const approval = needsApproval(profile, name)
    ? () => approve(call, { name, args, place: `${place}.approve` }, cancellation)
    : undefined
  return execute(inner, { toolCallId, args, approval })
}

type Request = { toolCallId: string; args: Json; approval: (() => Promise<Approval>) | undefined }

async function execute(inner: Call<NodeOf<'tool'>>, { toolCallId, args, approval }: Request): Promise<ToolCallResult> {
  const settle = (result: ToolCallResult) => {
    finish(inner.memo, result as unknown as Json)
    return result
  }
  try {
    const { work, ...options } = await resolveTool(inner, inner.node.tool, args)
    // After the check of the arguments: nobody is asked for a call that cannot be made.
    const answer = await approval?.()
    if (answer && !answer.ok) return refusal(toolCallId, 'refused', answer.reason ?? 'A person refused this call.')
    await executeWork(inner, work, { ...options, byReference: true })
    return settle({ toolCallId, path: inner.path })
  } catch (thrown) {
    const content = tellModel(inner, toFailure(thrown, inner.path))
    return settle({ toolCallId, content })
  }
}

/** What the model is told of a call that was not made. */
const refusal = (toolCallId: string, type: string, message: string): ToolCallResult => ({
  toolCallId,
  content: { error: { type, message } },
})

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

/** The object that the model wrote, or what is wrong with it. */
function parseArguments(text: string): Json {
  let args: Json
  try {
    args = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    return 'The arguments are not JSON.'
  }
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return 'The arguments are not a JSON object.'
  const rounded = findRoundedInteger(text)
  if (rounded !== undefined) return `The arguments have the integer ${rounded}, beyond 2^53 - 1: send it as a string.`
  const forged = findForgedHandle(args)
  return forged === undefined
    ? args
    : `The arguments have the key "$blob" at ${forged || 'the top'}, which is reserved.`
}
