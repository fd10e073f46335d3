import type { RunId, TenantId } from '@treadle/contract'
import type { Sealer } from '../sealing/sealer.ts'
import { toLine } from './event-line.ts'
import type { SerialisedEvent } from './types.ts'

/** Neighbouring events of one run as `treadle.read_events` gives them, column by column: the seqs are `first` to `last`. */
export type EventColumns = {
  first: number
  last: number
  /** Parted by commas. */
  types: string
  times: string[]
  nodes: (string | null)[]
  attempts: (number | null)[]
  /** Parted by line feeds. */
  data: string
}

/**
 * The events, each with the line that `treadle.envelope` builds of it, and what is sealed in it opened.
 * @throws SealedError; Error where the log has a gap
 */
export function eventsOf(sealer: Sealer, tenant: TenantId, runId: RunId, columns: EventColumns): SerialisedEvent[] {
  const { first, last, times, nodes, attempts } = columns
  const types = columns.types.split(',')
  const data = columns.data.split('\n')
  if (types.length !== last - first + 1 || data.length !== types.length) {
    throw new Error(`The events ${first} to ${last} of the run ${runId} are not all there.`)
  }
  const shownTime = remembering((time: string) => new Date(time).toISOString())
  const quoted = remembering((node: string) => JSON.stringify(node))

  return types.map((type, index) => {
    const seq = first + index
    const node = nodes[index] ?? undefined
    const json = toLine({
      seq,
      runId,
      type,
      time: shownTime(times[index] ?? ''),
      node: node === undefined ? undefined : quoted(node),
      attempt: attempts[index] ?? undefined,
      data: sealer.openText({ tenant, run: runId, path: node }, data[index] ?? ''),
    })
    return node === undefined ? { seq, type, json } : { seq, type, node, json }
  })
}

/** Neighbours mostly have the same time and the same node. */
function remembering(convert: (text: string) => string): (text: string) => string {
  let known: string | undefined
  let converted = ''
  return (text) => {
    if (text !== known) {
      converted = convert(text)
      known = text
    }
    return converted
  }
}
