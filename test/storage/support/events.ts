import type { EventEnvelope, RunRef } from '@treadle/contract'
import type { EventLog, SerialisedEvent } from '@treadle/storage'

/** The whole log of a run, parsed. */
export async function readAll(log: EventLog, { tenant, id }: RunRef): Promise<EventEnvelope[]> {
  const page = await log.read(tenant, id, { after: 0, limit: 1_000_000 })
  return (page?.events ?? []).map(envelope)
}

export const envelope = ({ json }: SerialisedEvent): EventEnvelope => JSON.parse(json) as EventEnvelope

/** An event in short: `node.delta a#1`. */
export const brief = ({ type, node, attempt }: EventEnvelope): string =>
  [type, node && ` ${node}`, attempt && `#${attempt}`].filter(Boolean).join('')
