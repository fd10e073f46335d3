import { nowMicros } from '../harness/clock.ts'
import { createTokenReader } from '../model/tokens.ts'
import { open } from './http.ts'
import type { StreamEvents } from './jobs.ts'
import { createSseReader, type SseEvent } from './sse.ts'

/** What one subscriber saw. Times are microseconds of the shared clock; token i has index i, where it came. */
export type Seen = { sent: number[]; received: number[]; lost: number; repeated: number }

/** Reads a run's stream to its end. @throws Error when the run fails, or the stream ends before the run has. */
export async function followRun(
  url: string,
  { id, events, tokens, onOpen = () => {} }: { id: string; events: StreamEvents; tokens: number; onOpen?: () => void },
): Promise<Seen> {
  const sent: number[] = []
  const received: number[] = []
  let now = 0
  let completed = false
  const reader = createTokenReader((sentMicros) => {
    sent.push(sentMicros)
    received.push(now)
  })
  const push = createSseReader(({ type, data }: SseEvent) => {
    if (type === events.delta) reader.push(textOf(data))
    else if (type === events.completed) completed = true
    else if (events.failed.includes(type)) throw new Error(`The run failed: ${data.slice(0, 500)}`)
  })
  const response = await open('GET', `${url}/runs/${id}/stream`)
  onOpen()
  for await (const chunk of response.setEncoding('utf8')) {
    now = nowMicros() // When the chunk was there: what reading it costs is the client's own.
    push(chunk)
  }
  if (!completed) throw new Error(`The stream of run ${id} ended before the run.`)
  return { sent, received, lost: tokens - reader.count, repeated: reader.repeated }
}

/** Ours has the text inside of the envelope's data, the others have it at the top. */
function textOf(data: string): string {
  const event = JSON.parse(data) as { text?: string; data?: { text?: string } }
  return event.data?.text ?? event.text ?? ''
}

/** How long each token took from the model to the subscriber, in ms. */
export const delaysOf = ({ sent, received }: Seen): number[] =>
  sent.map((at, index) => ((received[index] ?? at) - at) / 1000)
