import type { Json } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import { type Call, frameAt } from '../engine.ts'
import { begin } from '../events.ts'
import { fail } from '../failure.ts'
import { holds, keep, render } from '../render.ts'
import { createScope, type Scope } from '../scope.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

type MachineCall = Call<NodeOf<'machine'>>

/** `results` has the last result of each state that ran. */
type Progress = { transitions: number; state: string; results: { [state: string]: Json } }

/** States with transitions, until none holds or one leads to `end`. */
export const runMachine: Kind<NodeOf<'machine'>> = (call) =>
  withTimeout(call, async (cancellation) => {
    begin(call)
    let progress = (call.memo.progress as Progress | undefined) ?? {
      transitions: 0,
      state: call.node.start,
      results: {},
    }
    for (;;) {
      call.memo.progress = progress
      const result = await visit(call, progress, cancellation)
      const results = { ...progress.results, [progress.state]: result }
      const scope = createScope(scopeOf(call, results), { result })
      const to = await transition(call, progress.state, scope)
      if (to === undefined || to === 'end') return call.node.output ? render(call, call.node.output, scope) : result

      if (progress.transitions >= call.node.max)
        throw fail(
          'limit_reached',
          `It made ${call.node.max} transitions, and \`${progress.state}\` leads on to \`${to}\``,
          call.path,
        )
      call.memo.inner?.delete(placeOf(progress))
      progress = { transitions: progress.transitions + 1, state: to, results }
    }
  })

const placeOf = ({ transitions, state }: Progress) => `@${transitions}:${state}`

async function visit(call: MachineCall, progress: Progress, cancellation: Cancellation): Promise<Json> {
  const scope = scopeOf(call, progress.results)
  const result = await call.engine.runBody(
    stateOf(call, progress.state).body,
    frameAt(call, placeOf(progress), scope, cancellation),
  )
  return keep(call, result)
}

async function transition(call: MachineCall, state: string, scope: Scope): Promise<string | undefined> {
  for (const [index, { when, to }] of stateOf(call, state).next.entries())
    if (when === undefined || (await holds(call, when, `states.${state}.next[${index}].when`, scope))) return to
  return undefined
}

function stateOf(call: MachineCall, state: string) {
  const found = call.node.states[state]
  if (!found) throw new Error(`The plan has no state ${state} at ${call.node.pointer}.`)
  return found
}

/** `states.<id>` is null before that state ran. */
function scopeOf(call: MachineCall, results: Progress['results']): Scope {
  const known = (state: string) => (Object.hasOwn(results, state) ? (results[state] ?? null) : null)
  return createScope(
    call.scope,
    Object.fromEntries(Object.keys(call.node.states).map((state) => [`states.${state}`, known(state)])),
  )
}
