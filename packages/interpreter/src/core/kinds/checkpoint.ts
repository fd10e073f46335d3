import { begin } from '../events.ts'
import { executeWork } from '../execute-work.ts'
import type { Kind, NodeOf } from './kind.ts'

/** A named point to fork from. */
export const runCheckpoint: Kind<NodeOf<'checkpoint'>> = async (call) => {
  const { name, placement } = call.node
  if (placement.in !== 'workflow') return executeWork(call, { kind: 'checkpoint', name })
  begin(call)
  call.engine.host.emit({ type: 'checkpoint.created', node: call.path, data: { name } })
  return null
}
