import type { SerialisedEvent } from '@treadle/storage'

// Subscribers of a run get the same event objects from the event log's ring, so a thousand of them share one encoding.
const encoded = new WeakMap<SerialisedEvent, Buffer>()

/** An event of one run as an SSE frame: its id is its `seq`. */
export function frameOf(event: SerialisedEvent): Buffer {
  const known = encoded.get(event)
  if (known) return known
  const frame = Buffer.from(frameText(event, String(event.seq)))
  encoded.set(event, frame)
  return frame
}

/** An event under an id of its own. `json` is one line. */
export const frameText = ({ type, json }: SerialisedEvent, id: string): string =>
  `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`
