import { codePoints } from '../events/code-points.ts'
import { toLine } from '../events/event-line.ts'
import { createTextPlaces, type Pack, type PackedData, textData } from './pack.ts'

/** The events of a pack, each the line that it was packed from, byte for byte. */
export function unpackLines(pack: Pack): string[] {
  const { runId, first, types, nodes, texts } = pack
  const placeOf = createTextPlaces()

  const unpackData = (node: number, attempt: number, packed: PackedData): string => {
    if (typeof packed === 'string') return packed
    const place = placeOf(node, attempt)
    const [units, offset] = typeof packed === 'number' ? [packed, place.offset ?? 0] : packed
    const text = texts[place.index]?.slice(place.units, place.units + units) ?? ''
    place.units += units
    place.offset = offset + codePoints(text)
    return textData(text, offset)
  }

  let time = 0
  let shownTime = ''
  return pack.data.map((data, index) => {
    const step = pack.time[index] ?? 0
    if (step !== 0 || index === 0) {
      time += step
      shownTime = new Date(time).toISOString()
    }
    const node = pack.node[index] ?? 0
    const attempt = pack.attempt[index] ?? 0
    return toLine({
      seq: first + index,
      runId,
      type: types[pack.type[index] ?? 0] ?? '',
      time: shownTime,
      node: nodes[node - 1],
      attempt: attempt === 0 ? undefined : attempt,
      data: unpackData(node, attempt, data),
    })
  })
}
