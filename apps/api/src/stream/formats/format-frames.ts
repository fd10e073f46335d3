import type { EventEnvelope } from '@treadle/contract'
import type { SerialisedEvent } from '@treadle/storage'
import { createEncoder, type StreamFormat } from './encoder.ts'

/**
 * Frames of one run in another protocol, from the run's first event on. Those of events up to `after` are left out: the client has them.
 * Where an event gives several messages the last one carries its `seq` as id, so a client that was cut off between them gets all of them
 * again, and never only the rest.
 */
export function createFormatFrames(format: Exclude<StreamFormat, 'treadle'>, after: number) {
  const encode = createEncoder(format)
  return (_: number, events: readonly SerialisedEvent[]): string[] =>
    events.flatMap(({ seq, json }) => {
      const messages = encode(JSON.parse(json) as EventEnvelope)
      if (seq <= after) return []
      return messages.map(({ name, data }, index) => {
        const id = index === messages.length - 1 ? `id: ${seq}\n` : ''
        return `${id}${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`
      })
    })
}
