import type { Json } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import { type Call, frameAt } from '../engine.ts'
import { begin } from '../events.ts'
import { fail } from '../failure.ts'
import { holds, keep, render } from '../render.ts'
import { createScope } from '../scope.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

type LoopCall = Call<NodeOf<'loop'>>
type Progress = { iteration: number; state: Json }

/** A body again and again, at least once: `do`, then `next` makes the new state, then `until` looks at it. */
export const runLoop: Kind<NodeOf<'loop'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    begin(call)
    let progress = (call.memo.progress as Progress | undefined) ?? { iteration: 0, state: await firstState(call) }
    for (;;) {
      call.memo.progress = progress
      const { state, isLast } = await iterate(call, progress, cancellation)
      if (isLast) return state
      call.memo.inner?.delete(`#${progress.iteration}`)
      progress = { iteration: progress.iteration + 1, state }
    }
  })

async function firstState(call: LoopCall): Promise<Json> {
  return call.node.state === undefined ? null : render(call, call.node.state)
}

async function iterate(call: LoopCall, { iteration, state: before }: Progress, cancellation: Cancellation) {
  const { do: body, next, until, max, onMax } = call.node
  const scope = createScope(call.scope, { state: before, iteration })
  const result = await call.engine.runBody(body, frameAt(call, `#${iteration}`, scope, cancellation))

  const afterDo = createScope(scope, { result })
  const state = next === undefined ? await keep(call, result) : await render(call, next, afterDo)
  // `until` stands after `next`: what it calls `state` is the new one.
  if (until !== undefined && (await holds(call, until, 'until', createScope(afterDo, { state }))))
    return { state, isLast: true }
  if (iteration + 1 < max) return { state, isLast: false }
  if (onMax === 'stop') return { state, isLast: true }
  throw fail('limit_reached', `\`until\` did not hold after ${max} iterations`, call.path)
}
