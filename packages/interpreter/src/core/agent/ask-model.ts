import type { Json, ModelTurnAnswer, ToolCallResult } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import { emitCancelled, emitFailed } from '../events.ts'
import { executeWork } from '../execute-work.ts'
import { cancelled, toFailure } from '../failure.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { finish } from '../memo.ts'
import { render } from '../render.ts'
import { textOf } from '../text.ts'
import { innerCall } from './inner-call.ts'
import { type Profile, toolSpecs } from './profile.ts'

export type Question = { turn: number; isKnown?: true; results: ToolCallResult[]; repair?: string }

/**
 * One model call of an agent. The conversation so far is the worker's, the speaker's profile (where it is known) included: it gets what has
 * come since the turn before, so a turn costs the same however many there were.
 */
export async function askModel(
  call: Call<NodeOf<'agent'>>,
  profile: Profile,
  { turn, isKnown, results, repair }: Question,
  cancellation: Cancellation,
): Promise<ModelTurnAnswer> {
  const { retry, runtime, outputSchema } = call.node
  const own = { kind: 'llm', ...(retry ? { retry } : {}), ...(runtime ? { runtime } : {}) } as const
  const inner = innerCall(call, `~${turn}.model`, own, cancellation)
  if (inner.memo.output !== undefined) return inner.memo.output as ModelTurnAnswer
  try {
    const answer = await executeWork(
      inner,
      {
        kind: 'modelTurn',
        model: profile.model,
        agent: call.path,
        turn,
        ...(isKnown ? {} : await introduce(call, profile)),
        ...(turn === 0 ? await firstMessage(call) : {}),
        ...(results.length > 0 ? { results } : {}),
        ...(repair === undefined ? {} : { repair }),
      },
      { outputSchema },
    )
    finish(inner.memo, answer)
    return answer as ModelTurnAnswer
  } catch (thrown) {
    if (cancellation.isCancelled) {
      emitCancelled(inner)
      throw cancelled(inner.path)
    }
    const failure = toFailure(thrown, inner.path)
    emitFailed(inner, failure.info, false)
    throw failure
  }
}

/** An agent without `input` has its instructions alone. */
async function firstMessage(call: Call<NodeOf<'agent'>>): Promise<{ input?: Json }> {
  const input = await render(call, call.node.input)
  return input === null ? {} : { input: textOf(input) }
}

const introduce = async (call: Call<NodeOf<'agent'>>, profile: Profile) => ({
  instructions: textOf(await render(call, profile.instructions)),
  tools: toolSpecs(call.engine.plan, profile),
})
