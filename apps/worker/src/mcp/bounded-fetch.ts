import { TreadleError } from '@treadle/contract'
import { type Dispatcher, Response, fetch as undiciFetch } from 'undici'
import { checkProtocol } from '../net/http-exchange.ts'
import { statusError } from '../net/status-error.ts'
import type { Redactor } from '../secrets/redactor.ts'

/** Of all that a server sends in one session. */
const SESSION_BYTES_MAX = 10 * 1024 * 1024
const ERROR_BYTES_MAX = 64 * 1024

export type BoundedFetchOptions = {
  dispatcher: Dispatcher
  redactor: Redactor
  /** Told when the session cannot go on. */
  broken(error: TreadleError): void
  /** Told when the body that should answer the request of this id has come to its end. */
  answerEnded(id: number | string): void
}

type Init = { method?: string; headers?: Headers; body?: string; signal?: AbortSignal; redirect?: 'manual' | 'follow' }

/**
 * The `fetch` of an MCP session: by way of the egress policy, bounded in bytes, and with errors by the one taxonomy. Redirects are left to
 * the client, which follows them only within the server's origin, so that no header goes elsewhere.
 */
export function createBoundedFetch(options: BoundedFetchOptions): typeof globalThis.fetch {
  const { dispatcher, redactor } = options
  const meter = createMeter(options)
  const boundedFetch = async (input: string | URL, init: Init = {}) => {
    const url = new URL(input)
    checkProtocol(url)
    // A stream of what the server has to say by itself: nobody listens. One that goes on after a break is another matter.
    if (init.method === 'GET' && !init.headers?.has('last-event-id')) return new Response(null, { status: 405 })
    const { method, headers, body, signal } = init
    const answer = await undiciFetch(url, {
      ...(method && { method }),
      ...(headers && { headers: [...headers] }),
      ...(body !== undefined && { body }),
      ...(signal && { signal }),
      redirect: 'manual',
      dispatcher,
    })
    if (answer.status >= 400 && method === 'POST') {
      throw statusError(
        { status: answer.status, headers: answer.headers, text: await readStart(answer) },
        url,
        redactor,
      )
    }
    if (!answer.body) return answer
    const id = method === 'POST' && answer.ok ? requestId(body) : undefined
    return new Response(answer.body.pipeThrough(meter(id)), { status: answer.status, headers: answer.headers })
  }
  return boundedFetch as unknown as typeof globalThis.fetch
}

function createMeter({ broken, answerEnded }: BoundedFetchOptions) {
  let bytes = 0
  return (id: number | string | undefined) =>
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength
        if (bytes <= SESSION_BYTES_MAX) return controller.enqueue(chunk)
        const error = new TreadleError('tool_error', `The MCP server sent more than ${SESSION_BYTES_MAX} bytes.`)
        broken(error)
        controller.error(error)
      },
      flush() {
        if (id !== undefined) answerEnded(id)
      },
    })
}

/** The id of a JSON-RPC request; undefined of a notification. */
function requestId(body: string | undefined): number | string | undefined {
  const { id, method } = JSON.parse(body ?? '{}') as { id?: number | string; method?: string }
  return method === undefined ? undefined : id
}

async function readStart(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length > ERROR_BYTES_MAX) break
  }
  return text
}
