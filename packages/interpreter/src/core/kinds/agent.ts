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

/** `speaker`: who has the conversation, absent for the node itself. `repair`: why the last answer did not fit. */
type Progress = { turn: number; speaker?: string; results: ToolCallResult[]; repair?: string }

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
  const { turn, speaker, repair } = progress
  if (turn >= maxTurns) throw fail('limit_reached', `It did not answer within ${maxTurns} turns`, call.path)

  const profile = profileOf(call.engine.plan, call.node, speaker)
  const { toolCalls = [], misfit, output = null } = await askModel(call, profile, progress, cancellation)
  const same = { turn: turn + 1, results: [], ...(speaker === undefined ? {} : { speaker }) }
  if (misfit !== undefined) {
    // One repair turn; a model that does not manage it then will not by asking again.
    if (repair !== undefined) throw fail('invalid_output', `The answer does not fit its schema: ${misfit}`, call.path)
    return { ...same, repair: misfit }
  }
  if (toolCalls.length === 0) return { output: output as Json }
  const results = await callTools(call, profile, { turn, toolCalls }, cancellation)
  const handedTo = toolCalls.flatMap(({ name }) => handoffOf(profile, name) ?? [])[0]
  return { ...same, results, ...(handedTo === undefined ? {} : { speaker: handedTo }) }
}

async function callTools(
  call: AgentCall,
  profile: Profile,
  { turn, toolCalls }: { turn: number; toolCalls: NonNullable<ModelTurnAnswer['toolCalls']> },
  cancellation: Cancellation,
): Promise<ToolCallResult[]> {
  const results: ToolCallResult[] = toolCalls.map(({ id }) => ({ toolCallId: id }))
  await runGroup(cancellation, (group) => {
    for (const [index, toolCall] of toolCalls.entries()) {
      const to = handoffOf(profile, toolCall.name)
      if (to !== undefined) results[index] = { toolCallId: toolCall.id, content: { handedTo: to } }
      else
        group.spawn(async () => {
          const place = `~${turn}.tool[${index}]`
          results[index] = await callTool(call, profile, { toolCall, place }, group.cancellation)
        })
    }
  })
  return results
}

function forgetTurn({ memo }: AgentCall, turn: number): void {
  for (const place of [...(memo.inner?.keys() ?? [])]) if (place.startsWith(`~${turn}.`)) memo.inner?.delete(place)
}
