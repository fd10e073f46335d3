import { begin } from '../events.ts'
import { render } from '../render.ts'
import type { Kind, NodeOf } from './kind.ts'

export const runSet: Kind<NodeOf<'set'>> = (call) => {
  begin(call)
  return render(call, call.node.value)
}
