import type { EventEnvelope, Runtime } from '@treadle/contract'

export type ShownEvent = { [key: string]: object }

type ToolCallPiece = { index: number; id?: string; name?: string; arguments?: string }
type Line = { key: string; data: Record<string, unknown> }

/**
 * The events of a run as cases write them: `{ "type attempt": data }`, ` at path` where the path is not `node`; neighbouring deltas are
 * joined, `seq` and time are left out, and so is the name of the language, once it is the right one.
 * @throws Error where a text's offset does not fit what came before it
 */
export function shownEvents(events: readonly EventEnvelope[], runtime: Runtime): ShownEvent[] {
  const lines: Line[] = []
  const offsets = new Map<string, number>()
  for (const { type, node, attempt, data } of events) {
    if (type === 'run.created') continue
    const key = `${type}${attempt === undefined ? '' : ` ${attempt}`}${node === undefined || node === 'node' ? '' : ` at ${node}`}`
    if (type === 'node.delta' && typeof data.text === 'string')
      checkOffset(offsets, key, data as { text: string; offset: number })
    const last = lines.at(-1)
    const joined = last?.key === key && type === 'node.delta' ? join(last.data, data) : undefined
    if (last && joined) last.data = joined
    else lines.push({ key, data: withoutRuntime(type, data, runtime) })
  }
  return lines.map(({ key, data }) => ({ [key]: data }))
}

function checkOffset(
  offsets: Map<string, number>,
  key: string,
  { text, offset }: { text: string; offset: number },
): void {
  const expected = offsets.get(key) ?? 0
  if (offset !== expected) throw new Error(`A delta (${key}) has the offset ${offset}, not ${expected}.`)
  offsets.set(key, offset + [...text].length)
}

function join(before: Record<string, unknown>, after: Record<string, unknown>): Record<string, unknown> | undefined {
  if (typeof before.text === 'string' && typeof after.text === 'string')
    return { ...before, text: before.text + after.text }
  const [one, two] = [before.toolCall, after.toolCall] as [ToolCallPiece | undefined, ToolCallPiece | undefined]
  if (!one || !two || one.index !== two.index || (two.name !== undefined && one.name !== undefined)) return undefined
  return { toolCall: { ...one, ...two, arguments: (one.arguments ?? '') + (two.arguments ?? '') } }
}

/** The workflow's own events name none; the executor's have to. */
function withoutRuntime(type: string, data: Record<string, unknown>, runtime: Runtime): Record<string, unknown> {
  if (type !== 'node.started') return data
  const { runtime: named, ...rest } = data
  return named === runtime ? rest : data
}
