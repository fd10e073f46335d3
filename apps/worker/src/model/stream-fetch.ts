import type { Readable } from 'node:stream'
import { type Dispatcher, request } from 'undici'

/** Of the body of an answer that is an error; its message is at its beginning. */
const ERROR_BYTES_MAX = 64 * 1024
/** Their answers have no body, and `Response` takes none with them. */
const NO_BODY = new Set([204, 205, 304])

/**
 * `fetch` as far as the OpenAI client needs it. The body of a 2xx answer is Node's stream, not the web's: those take more CPU for a token than
 * everything else that the worker does with it.
 */
export const createStreamFetch =
  (dispatcher: Dispatcher): typeof globalThis.fetch =>
  async (url, { method = 'GET', headers, body, signal } = {}) => {
    const answer = await request(String(url), {
      dispatcher,
      method: method.toUpperCase() as Dispatcher.HttpMethod,
      headers: Object.fromEntries(new Headers(headers)),
      body: body as string | null,
      signal: signal ?? null,
    })
    const { statusCode: status } = answer
    const init = { status, headers: toHeaders(answer.headers) }
    if (status >= 200 && status < 300) return streamedResponse(answer.body, init)
    return new Response(NO_BODY.has(status) ? null : await firstOf(answer.body, ERROR_BYTES_MAX), init)
  }

function streamedResponse(stream: Readable, init: ResponseInit): Response {
  stream.on('error', () => {}) // Whoever reads it hears of it, and until somebody does it ends no process.
  return Object.defineProperty(new Response(null, init), 'body', { value: stream })
}

function toHeaders(fields: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values ?? []].flat()) headers.append(name, value)
  }
  return headers
}

/** Leaving it early closes the connection. */
async function firstOf(stream: Readable, bytesMax: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    parts.push(part)
    bytes += part.length
    if (bytes >= bytesMax) break
  }
  return Buffer.concat(parts).subarray(0, bytesMax)
}
