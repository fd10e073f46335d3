import { type ErrorInfo, isHandle, type Json, type NodeStartedData } from '@treadle/contract'
import type { Call } from './engine.ts'

/** Emits `node.started`, once: not again when the run goes on from a memo. */
export function begin(call: Call, data: Omit<NodeStartedData, 'kind'> = {}): void {
  if (call.memo.owner) return
  call.memo.owner = 'workflow'
  call.engine.host.emit({ type: 'node.started', node: call.path, data: { kind: call.node.kind, ...data } })
}

export const emitCompleted = (call: Call, output: Json): void =>
  call.engine.host.emit({ type: 'node.completed', node: call.path, data: { ...outputData(output), ...usedBy(call) } })

export const emitSkipped = (call: Call): void =>
  call.engine.host.emit({ type: 'node.skipped', node: call.path, data: {} })

/** Each end follows a start: a node that failed before it could start (its `when`, its arguments) is started first. */
export function emitFailed(call: Call, error: ErrorInfo, caught: boolean): void {
  begin(call)
  emitEnd(call, 'node.failed', { error, ...(caught ? { caught } : {}), ...usedBy(call) })
}

export function emitCancelled(call: Call): void {
  if (call.memo.owner) emitEnd(call, 'node.cancelled', usedBy(call))
}

/**
 * A worker that never got the node has started nothing, and one that ended it has said so: `ifOpen` drops the event then. Once a `catch` has
 * taken over, the end is the workflow's alone.
 */
function emitEnd(call: Call, type: 'node.failed' | 'node.cancelled', data: Record<string, unknown>): void {
  const { owner, caught } = call.memo
  const event = { type, node: call.path, data }
  if (owner === 'workflow' || caught) call.engine.host.emit(event)
  else if (!call.recorded) call.engine.host.emit({ ...event, ifOpen: true })
}

const usedBy = ({ usage }: Call) => (usage ? { usage } : {})

/** `output`, or `ref` where the whole is a handle. */
export const outputData = (output: Json): Record<string, unknown> =>
  isHandle(output) ? { ref: output.$blob } : { output }
