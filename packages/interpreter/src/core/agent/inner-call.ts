import type { PlanNode } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { inside, takeOver } from '../memo.ts'

/** What an agent does that has a path and events of its own but is no node of the plan: a model call, a tool call, an approval. It is done already where
 * a fork takes it over. */
export function innerCall<K extends PlanNode['kind']>(
  call: Call<NodeOf<'agent'>>,
  place: string,
  own: { kind: K } & Partial<NodeOf<K>>,
  cancellation: Cancellation,
): Call<NodeOf<K>> {
  const { pointer, body } = call.node
  const path = `${call.path}${place}`
  const memo = inside(call.memo, place)
  const given = call.engine.reused.get(path)
  if (given !== undefined && memo.output === undefined) takeOver(memo, given)
  const common = { id: '', pointer, body, deps: [], placement: { in: 'workflow' } }
  return {
    ...call,
    path,
    node: { ...common, ...own } as unknown as NodeOf<K>,
    cancellation,
    memo,
    recorded: false,
  }
}
