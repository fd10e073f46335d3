import { frameAt } from '../engine.ts'
import { begin } from '../events.ts'
import { withTimeout } from '../with-timeout.ts'
import type { Kind, NodeOf } from './kind.ts'

export const runGraph: Kind<NodeOf<'graph'>> = (call) =>
  withTimeout(call, (cancellation) => {
    begin(call)
    return call.engine.runBody(call.node.do, frameAt(call, '', call.scope, cancellation))
  })
