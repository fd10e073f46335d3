import type { EventEnvelope, NodeDeltaData, Path } from '@treadle/contract'

/** What a model says in one attempt: its text, or one call of a tool. */
export type Output = {
  kind: 'text' | 'call'
  /** Unique among all runs. */
  id: string
  /** Counts the outputs of the run, from 0. */
  index: number
  node: Path
  /** The text, or the call's arguments, so far. */
  text: string
  /** Of a call. `callId` is the model's own. */
  call?: { index: number; name: string; callId: string }
  /** How it ended: `dropped` where its attempt ended without a result, so that readers have to forget it. */
  end?: 'whole' | 'dropped'
}

export type OutputChange =
  | { change: 'begin' | 'end'; output: Output }
  | { change: 'more'; output: Output; text: string }

/** Follows what models say through a log. The outputs in the order in which they began. */
export type Outputs = { take(event: EventEnvelope): OutputChange[]; all: readonly Output[] }

const ENDS = new Set(['node.completed', 'node.failed', 'node.cancelled', 'node.retrying'])

export function createOutputs(): Outputs {
  const all: Output[] = []
  const open = new Map<Path, Output[]>()

  const begin = (output: Omit<Output, 'index'>): OutputChange & { output: Output } => {
    const begun = { ...output, index: all.length }
    all.push(begun)
    open.set(output.node, [...(open.get(output.node) ?? []), begun])
    return { change: 'begin', output: begun }
  }
  const more = (output: Output, text: string): OutputChange[] => {
    output.text += text
    return text === '' ? [] : [{ change: 'more', output, text }]
  }

  const takeDelta = ({ runId, node = '', attempt = 1, data }: EventEnvelope): OutputChange[] => {
    const { text, toolCall } = data as NodeDeltaData
    const id = `${runId}:${node}#${attempt}`
    if (toolCall) {
      const known = open.get(node)?.find(({ call }) => call?.index === toolCall.index)
      if (known) return more(known, toolCall.arguments ?? '')
      const call = {
        index: toolCall.index,
        name: toolCall.name ?? '',
        callId: toolCall.id ?? `${id}:${toolCall.index}`,
      }
      const begun = begin({ kind: 'call', id: `${id}:${toolCall.index}`, node, text: '', call })
      return [begun, ...more(begun.output, toolCall.arguments ?? '')]
    }
    if (text === undefined || text === '') return []
    const known = open.get(node)?.find(({ kind }) => kind === 'text')
    if (known) return more(known, text)
    const begun = begin({ kind: 'text', id, node, text: '' })
    return [begun, ...more(begun.output, text)]
  }

  return {
    all,
    take(event) {
      const { type, node } = event
      if (type === 'node.delta') return takeDelta(event)
      if (node === undefined || !ENDS.has(type)) return []
      const ended = open.get(node) ?? []
      open.delete(node)
      return ended.map((output) => {
        output.end = type === 'node.completed' ? 'whole' : 'dropped'
        return { change: 'end', output }
      })
    },
  }
}
