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
