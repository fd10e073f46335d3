import type { TenantId } from '@treadle/contract'
import type { Sealer } from '../sealing/sealer.ts'
import type { SerialisedEvent } from './types.ts'

// What `treadle.envelope` builds: the order of the fields is its promise, and nothing before `node` needs escapes.
const HEAD = /^\{"seq":(\d+),"runId":"([^"]+)","type":"([^"]+)","time":"[^"]+"(?:,"node":("(?:[^"\\]|\\.)*"))?/

/** Reads what a server has to know of an event (its place, run, type and node) off its line, without parsing its data. */
export function readLine(json: string): { runId: string; event: SerialisedEvent } {
  const [, seq, runId, type, node] = HEAD.exec(json) ?? []
  if (runId === undefined || type === undefined) throw new Error(`Not an event's line: ${json.slice(0, 100)}`)
  const event = { seq: Number(seq), type, json }
  return { runId, event: node === undefined ? event : { ...event, node: JSON.parse(node) as string } }
}

/** An event as its readers get it, of what was read off the stored line. @throws SealedError */
export function openEvent(
  sealer: Sealer,
  tenant: TenantId,
  { runId, event }: ReturnType<typeof readLine>,
): SerialisedEvent {
  const json = sealer.openText({ tenant, run: runId, path: event.node }, event.json)
  return json === event.json ? event : { ...event, json }
}
