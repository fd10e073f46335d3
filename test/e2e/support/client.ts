import type { EventEnvelope, Run, RunResult } from '@treadle/contract'

/** What a client of the API does, in the words of the tests. Plain `fetch`: what is tested is the wire. */
export type Client = {
  url: string
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  get(path: string, headers?: Record<string, string>): Promise<Response>
  /** Starts a run; throws unless it is accepted. */
  start(body: object, headers?: Record<string, string>): Promise<Run>
  /** The events of the run past `after`, as they come; ends with the stream. */
  follow(runId: string, options?: { after?: number | string; signal?: AbortSignal }): AsyncGenerator<StreamEvent>
  /** How it ended. Waits, again and again, up to the time of the test. */
  result(runId: string): Promise<RunResult>
}

export type StreamEvent = EventEnvelope & { id: string }

/** `common`: headers of every request. */
export function createClient(url: string, common: Record<string, string> = {}): Client {
  const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { ...common, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers: { ...common, ...headers } })

  return {
    url,
    post,
    get,
    async start(body, headers) {
      const answer = await post('/runs', body, headers)
      if (answer.status !== 201) throw new Error(`Not accepted: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as Run
    },
    async *follow(runId, { after, signal } = {}) {
      const answer = await fetch(`${url}/runs/${runId}/stream`, {
        headers: { ...common, ...(after !== undefined && { 'last-event-id': String(after) }) },
        ...(signal && { signal }),
      })
      if (answer.status !== 200) throw new Error(`No stream: ${answer.status} ${await answer.text()}`)
      yield* readEvents(answer)
    },
    async result(runId) {
      for (;;) {
        const answer = await get(`/runs/${runId}/result?wait=30s`)
        const result = (await answer.json()) as RunResult
        if (answer.status === 200) return result
        if (answer.status !== 202) throw new Error(`No result: ${answer.status} ${JSON.stringify(result)}`)
      }
    },
  }
}

/** The events of an SSE response. Comments and `retry` are passed over; a `bye` ends it. */
export async function* readEvents(answer: Response): AsyncGenerator<StreamEvent> {
  for await (const frame of readFrames(answer)) {
    if (frame.event === 'bye') return
    if (frame.data !== undefined) yield { ...JSON.parse(frame.data), id: frame.id ?? '' }
  }
}

export type Frame = { id?: string; event?: string; data?: string; retry?: string; comment?: string }

export async function* readFrames(answer: Response): AsyncGenerator<Frame> {
  if (!answer.body) return
  let text = ''
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const frames = text.split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) yield readFrame(frame)
  }
}

function readFrame(text: string): Frame {
  const frame: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    frame[line.slice(0, colon) || 'comment'] = line.slice(colon + 1).replace(/^ /, '')
  }
  return frame
}

/** All of them. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** The text of a node as a reader has it at the end: what attempts that died had written is dropped. */
export function textOf(events: readonly StreamEvent[], node: string): string {
  let text = ''
  for (const event of events.filter((event) => event.node === node)) {
    if (event.type === 'node.retrying') text = ''
    if (event.type === 'node.delta') text += (event.data as { text?: string }).text ?? ''
  }
  return text
}

/** What every log has: `seq` from 1 without a gap, one last event at the end, and for each node's newest attempt one end. */
export function faultsOf(events: readonly StreamEvent[]): string[] {
  const faults: string[] = []
  events.forEach(({ seq }, index) => {
    if (seq !== index + 1) faults.push(`event ${index + 1} has seq ${seq}`)
  })
  const last = events.filter(({ type }) => /^run\.(completed|failed|cancelled)$/.test(type))
  if (last.length !== 1 || events.at(-1) !== last[0]) faults.push(`${last.length} last events`)
  const open = new Map<string, number>()
  for (const { type, node = '', attempt = 1 } of events) {
    if (type === 'node.started') open.set(node, attempt)
    if (/^node\.(completed|failed|cancelled)$/.test(type) && open.get(node) === attempt) open.delete(node)
  }
  for (const node of open.keys()) faults.push(`${node} has no end`)
  return faults
}

export const typesOf = (events: readonly StreamEvent[]): string[] =>
  events.map(({ type, node }) => (node === undefined ? type : `${type} ${node}`))
