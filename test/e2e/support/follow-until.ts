import type { Client, StreamEvent } from './client.ts'

/** Follows the run until an event of that type, and gives what was seen. */
export async function followUntil(client: Client, runId: string, type: string): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of client.follow(runId)) {
    events.push(event)
    if (event.type === type) return events
  }
  throw new Error(`The stream ended without ${type}.`)
}
