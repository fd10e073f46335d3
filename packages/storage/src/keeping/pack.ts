/**
 * Neighbouring events of one run in compact form: what repeats stands once (run, types, nodes, each attempt's text), and what counts up
 * is kept as differences. Column by column, so that deflate finds like beside like. Stored for years: a change gets a new `pack`.
 */
export type Pack = {
  pack: 1
  runId: string
  /** The seq of the first event; the others follow without a gap. */
  first: number
  types: string[]
  /** JSON strings, with their quotes. */
  nodes: string[]
  /** The text of each attempt (node and attempt), all of its pieces in this pack put together. */
  texts: string[]
  /** Of each event: milliseconds since the event before; of the first one since 1970. */
  time: number[]
  /** Of each event: an index into `types`. */
  type: number[]
  /** Of each event: an index into `nodes`, counted from 1; 0 without a node. */
  node: number[]
  /** Of each event; 0 without an attempt. */
  attempt: number[]
  /** Of each event: its data. */
  data: PackedData[]
}

/**
 * JSON as it was written; or, of a piece of text, how many UTF-16 units of its attempt's text it takes, with its offset (in code points)
 * where that is not what the piece before leads to.
 */
export type PackedData = string | number | [units: number, offset: number]

/** Gives each attempt's text its place among `texts`, and follows the offsets. Packing and unpacking count alike. */
export type TextPlace = { index: number; units: number; offset: number | undefined }

export function createTextPlaces(): (node: number, attempt: number) => TextPlace {
  const places = new Map<string, TextPlace>()
  return (node, attempt) => {
    const key = `${node}#${attempt}`
    const place = places.get(key) ?? { index: places.size, units: 0, offset: undefined }
    places.set(key, place)
    return place
  }
}

/** A piece of text as the workers write it. */
export const textData = (text: string, offset: number): string => JSON.stringify({ text, offset })
