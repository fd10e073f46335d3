import { begin } from '../events.ts'
import { executeWork } from '../execute-work.ts'
import { render } from '../render.ts'
import type { Kind, NodeOf } from './kind.ts'

/** The author's own event: straight into the run's log, or through a worker where the plan places it there. */
export const runEmit: Kind<NodeOf<'emit'>> = async (call) => {
  const data = await render(call, call.node.data)
  if (call.node.placement.in !== 'workflow') return executeWork(call, { kind: 'emit', event: call.node.event, data })
  begin(call)
  call.engine.host.emit({ type: `custom.${call.node.event}`, node: call.path, data: asData(data) })
  return null
}

/** An event's data is an object: anything else stands in it as `value`. */
const asData = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : { value }
