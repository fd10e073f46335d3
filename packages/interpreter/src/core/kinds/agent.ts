import type { Json, ModelTurnAnswer, ToolCallResult } from '@treadle/contract'
import { askModel } from '../agent/ask-model.ts'
import { callTool } from '../agent/call-tool.ts'
import { handoffOf, type Profile, profileOf } from '../agent/profile.ts'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import { begin } from '../events.ts'
import { fail } from '../failure.ts'
import { runGroup } from '../group.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

type AgentCall = Call<NodeOf<'agent'>>

/**
 * `speaker`: who has the conversation, absent for the node itself. `isKnown`: the conversation has that speaker's profile already.
 * `repair`: why the last answer did not fit. `repairedIn`: the turn that was asked because of that, which counts beside `maxTurns`.
 */
type Progress = {
  turn: number
  speaker?: string
  isKnown?: true
  results: ToolCallResult[]
  repair?: string
  repairedIn?: number
}

/** Model and tools in turns, until the model answers: the tool calls of a turn in parallel. */
export const runAgent: Kind<NodeOf<'agent'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    begin(call)
    let progress = (call.memo.progress as Progress | undefined) ?? { turn: 0, results: [] }
    for (;;) {
      call.memo.progress = progress as Json
      const next = await takeTurn(call, progress, cancellation)
      if ('output' in next) return next.output
      forgetTurn(call, progress.turn)
      progress = next
    }
  })

async function takeTurn(
  call: AgentCall,
  progress: Progress,
  cancellation: Cancellation,
): Promise<Progress | { output: Json }> {
  const { maxTurns } = call.node
  const { turn, speaker, repairedIn } = progress
  const counted = repairedIn === undefined ? turn : turn - 1
  if (counted >= maxTurns && turn !== repairedIn) {
    throw fail('limit_reached', `It did not answer within ${maxTurns} turns`, call.path)
  }
  const profile = profileOf(call.engine.plan, call.node, speaker)
  const { toolCalls = [], misfit, output = null } = await askModel(call, profile, progress, cancellation)
  const next: Progress = {
    turn: turn + 1,
    results: [],
    isKnown: true,
    ...(speaker === undefined ? {} : { speaker }),
    ...(repairedIn === undefined ? {} : { repairedIn }),
  }
  if (misfit !== undefined) {
    // One repair turn; a model that does not manage it then will not by asking again.
    if (repairedIn !== undefined) {
      throw fail('invalid_output', `The answer does not fit its schema: ${misfit}`, call.path)
    }
    return { ...next, repair: misfit, repairedIn: turn + 1 }
  }
  if (toolCalls.length === 0) return { output: output as Json }
  const to = toolCalls.flatMap(({ name }) => handoffOf(profile, name) ?? [])[0]
  const results = await callTools(call, profile, { turn, toolCalls, to }, cancellation)
  if (to === undefined) return { ...next, results }
  const { isKnown, ...rest } = next
  return { ...rest, results, speaker: to }
}

/** `to`: who the conversation is handed over to after this turn: the first that the model named. */
type Calls = { turn: number; toolCalls: NonNullable<ModelTurnAnswer['toolCalls']>; to: string | undefined }

async function callTools(
  call: AgentCall,
  profile: Profile,
  { turn, toolCalls, to }: Calls,
  cancellation: Cancellation,
): Promise<ToolCallResult[]> {
  const results: ToolCallResult[] = toolCalls.map(({ id }) => ({ toolCallId: id }))
  await runGroup(cancellation, (group) => {
    for (const [index, toolCall] of toolCalls.entries()) {
      const wanted = handoffOf(profile, toolCall.name)
      if (wanted !== undefined) results[index] = { toolCallId: toolCall.id, content: handoffContent(wanted, to) }
      else
        group.spawn(async () => {
          const place = `~${turn}.tool[${index}]`
          results[index] = await callTool(call, profile, { toolCall, place }, group.cancellation)
        })
    }
  })
  return results
}

const handoffContent = (wanted: string, to: string | undefined) =>
  wanted === to
    ? { handedTo: wanted }
    : { error: { type: 'refused', message: `The conversation was handed over to ${to}.` } }

function forgetTurn({ memo }: AgentCall, turn: number): void {
  for (const place of [...(memo.inner?.keys() ?? [])]) if (place.startsWith(`~${turn}.`)) memo.inner?.delete(place)
}
