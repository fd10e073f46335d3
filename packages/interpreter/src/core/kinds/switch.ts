import type { BodyIndex } from '@treadle/contract'
import { type Call, frameAt } from '../engine.ts'
import { begin } from '../events.ts'
import { holds } from '../render.ts'
import { createScope } from '../scope.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

/** The first case whose `when` holds, else `else`, else null. Only what is taken starts. */
export const runSwitch: Kind<NodeOf<'switch'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    begin(call)
    const taken = await choose(call)
    if (!taken) return null
    return call.engine.runBody(taken.body, frameAt(call, taken.place, createScope(call.scope), cancellation))
  })

async function choose(call: Call<NodeOf<'switch'>>): Promise<{ body: BodyIndex; place: string } | undefined> {
  for (const [index, { when, body }] of call.node.cases.entries())
    if (await holds(call, when, `cases[${index}].when`)) return { body, place: `?${index}` }
  return call.node.else === undefined ? undefined : { body: call.node.else, place: '?else' }
}
