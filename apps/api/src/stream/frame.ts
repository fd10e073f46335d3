import type { SerialisedEvent } from '@treadle/storage'

// Who follows a run live gets the same event objects from the event log's ring, so a thousand of them share one encoding.
const encoded = new WeakMap<SerialisedEvent, Buffer>()

/** An event of one run as an SSE frame: its id is its `seq`. */
function frameOf(event: SerialisedEvent): Buffer {
  const known = encoded.get(event)
  if (known) return known
  const frame = Buffer.from(frameText(event, String(event.seq)))
  encoded.set(event, frame)
  return frame
}

// So do all who are at the same place when several come at once.
const joined = new WeakMap<readonly SerialisedEvent[], Buffer>()

/** Events of one run as SSE frames, in one piece. */
export function framesOf(events: readonly SerialisedEvent[]): Buffer {
  const [only] = events
  if (only && events.length === 1) return frameOf(only)
  const known = joined.get(events)
  if (known) return known
  const frames = Buffer.concat(events.map(frameOf))
  joined.set(events, frames)
  return frames
}

/** An event under an id of its own. `json` is one line. */
export const frameText = ({ type, json }: SerialisedEvent, id: string): string =>
  `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`
