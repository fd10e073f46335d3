import type { PlanNode } from '@treadle/contract'
import type { Cancellation } from '../cancellation.ts'
import type { Call } from '../engine.ts'
import type { NodeOf } from '../kinds/kind.ts'
import { inside } from '../memo.ts'

/** What an agent does that has a path and events of its own but is no node of the plan: a model call, a tool call, an approval. */
export function innerCall<K extends PlanNode['kind']>(
  call: Call<NodeOf<'agent'>>,
  place: string,
  own: { kind: K } & Partial<NodeOf<K>>,
  cancellation: Cancellation,
): Call<NodeOf<K>> {
  const { pointer, body } = call.node
  const common = { id: '', pointer, body, deps: [], placement: { in: 'workflow' } }
  return {
    ...call,
    path: `${call.path}${place}`,
    node: { ...common, ...own } as unknown as NodeOf<K>,
    cancellation,
    memo: inside(call.memo, place),
    recorded: false,
  }
}
