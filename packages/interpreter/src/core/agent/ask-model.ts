import type { ModelTurnAnswer, ToolCallResult } from '@treadle/contract'
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

export type Question = { turn: number; results: ToolCallResult[]; repair?: string }

/** One model call of an agent. The conversation so far is the worker's: it gets what has come since the turn before. */
export async function askModel(
  call: Call<NodeOf<'agent'>>,
  profile: Profile,
  { turn, results, repair }: Question,
  cancellation: Cancellation,
): Promise<ModelTurnAnswer> {
  const { retry, outputSchema } = call.node
  const inner = innerCall(call, `~${turn}.model`, { kind: 'llm', ...(retry ? { retry } : {}) }, cancellation)
  if (inner.memo.output !== undefined) return inner.memo.output as ModelTurnAnswer
  try {
    const answer = await executeWork(
      inner,
      {
        kind: 'modelTurn',
        model: profile.model,
        agent: call.path,
        turn,
        instructions: textOf(await render(call, profile.instructions)),
        ...(turn === 0 ? { input: textOf(await render(call, call.node.input)) } : {}),
        tools: toolSpecs(call.engine.plan, profile),
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
