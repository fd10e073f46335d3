import { codePoints } from '../events/code-points.ts'
import { takeApart } from '../events/event-line.ts'
import { createTextPlaces, type Pack, type PackedData, textData } from './pack.ts'
import { unpackLines } from './unpack-lines.ts'

/**
 * Packs neighbouring events, at least one, each the line that readers get.
 * @throws Error where unpacking would not give these very lines again: then they are better left as they are.
 */
export function packLines(lines: readonly string[]): Pack {
  const events = lines.map(takeApart)
  const [head] = events
  if (!head) throw new Error('There is nothing to pack.')
  const [types, nodes] = [createIndex(), createIndex()]
  const texts: string[][] = []
  const placeOf = createTextPlaces()

  const packData = (node: number, attempt: number, data: string): PackedData => {
    const piece = pieceOf(data)
    if (!piece) return data
    const place = placeOf(node, attempt)
    const isExpected = piece.offset === place.offset
    const pieces = texts[place.index] ?? []
    texts[place.index] = pieces
    pieces.push(piece.text)
    place.offset = piece.offset + codePoints(piece.text)
    return isExpected ? piece.text.length : [piece.text.length, piece.offset]
  }

  let before = 0
  const columns = { time: [] as number[], type: [] as number[], node: [] as number[], attempt: [] as number[] }
  const data = events.map((event) => {
    const node = event.node === undefined ? 0 : nodes.of(event.node) + 1
    const attempt = event.attempt ?? 0
    columns.time.push(event.time - before)
    columns.type.push(types.of(event.type))
    columns.node.push(node)
    columns.attempt.push(attempt)
    before = event.time
    return event.type === 'node.delta' ? packData(node, attempt, event.data) : event.data
  })
  const joined = texts.map((pieces) => pieces.join(''))
  const pack: Pack = {
    pack: 1,
    runId: head.runId,
    first: head.seq,
    types: types.all,
    nodes: nodes.all,
    texts: joined,
    ...columns,
    data,
  }
  const wrong = unpackLines(pack).findIndex((line, index) => line !== lines[index])
  if (wrong !== -1) throw new Error(`This event cannot be packed: ${lines[wrong]?.slice(0, 200)}`)
  return pack
}

/** A piece of text that would be written in just this way; undefined for anything else. */
function pieceOf(data: string): { text: string; offset: number } | undefined {
  if (!data.startsWith('{"text":"')) return undefined
  const { text, offset } = JSON.parse(data) as { text?: unknown; offset?: unknown }
  if (typeof text !== 'string' || typeof offset !== 'number' || textData(text, offset) !== data) return undefined
  return { text, offset }
}

function createIndex(): { of(text: string): number; all: string[] } {
  const all: string[] = []
  const known = new Map<string, number>()
  return {
    all,
    of(text) {
      const index = known.get(text) ?? all.push(text) - 1
      known.set(text, index)
      return index
    },
  }
}
