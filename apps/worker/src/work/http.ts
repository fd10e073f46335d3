import { createHash } from 'node:crypto'
import { isHandle, type Json, LOADABLE_BYTES_MAX, TreadleError } from '@treadle/contract'
import { canonicalJson } from '@treadle/expressions'
import type { Dispatcher } from 'undici'
import { exchange, type HttpAnswer, type HttpCall } from '../net/http-exchange.ts'
import { statusError } from '../net/status-error.ts'
import { resolveHeaders } from '../net/tool-headers.ts'
import { parseToolUrl } from '../net/tool-url.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { parseForeign } from '../values/foreign-value.ts'
import { charsetOf, isJson, isTextual, largeAnswer } from './large-answer.ts'
import type { Perform, WorkContext, WorkOf } from './work.ts'

const CHECKED_BYTES_MAX = 10 * 1024 * 1024
/** A larger answer goes to the blobs as it comes. */
const IN_MEMORY_BYTES_MAX = 1024 * 1024
/** Binary answers are small or not for here: base64 makes them a third larger still. */
const BINARY_BYTES_MAX = 1024 * 1024
const IDEMPOTENCY_KEY_LENGTH_MAX = 255

export type HttpWorkParts = { secrets: Secrets; redactor: Redactor; dispatcher: Dispatcher }

/**
 * One call of an http tool. Its output: the parsed value of a JSON answer; the text of any other text; null where there is none;
 * `{ contentType, base64 }` of anything else, up to 1 MiB. Above 1 MiB it streams to the blobs, up to 1 GiB, and is a handle; with an
 * `outputSchema`, which is checked in memory, up to 10 MiB are taken. A status of 400 and more is an error by its meaning.
 * The header `Idempotency-Key: <run>/<path>` is the same for every attempt of a node, so the other side can tell repeats.
 */
export function createHttpWork({ secrets, redactor, dispatcher }: HttpWorkParts): Perform<'http'> {
  return async (work, context) => {
    const call = await prepare(work, context, secrets)
    context.usage.add({ toolCalls: 1 })
    // What has to fit a schema is checked whole; everything else need not be in memory.
    const bodyBytesMax = context.outputSchema === undefined ? IN_MEMORY_BYTES_MAX : CHECKED_BYTES_MAX
    const answer = await exchange(call, { dispatcher, signal: context.signal, bodyBytesMax })
    if (answer.rest && (answer.status >= 400 || context.outputSchema !== undefined)) await answer.rest.return()
    if (answer.status >= 400) {
      const text = asText(answer.body, answer.headers.get('content-type') ?? '') ?? ''
      throw statusError({ ...answer, text }, call.url, redactor)
    }
    if (!answer.rest) return { output: outputOf(answer, call.url) }
    if (context.outputSchema !== undefined)
      throw new TreadleError(
        'tool_error',
        `The answer of ${call.url.host} is larger than ${CHECKED_BYTES_MAX} bytes, and could not be checked against outputSchema.`,
      )
    return { output: await context.keepStream(largeAnswer(answer, call.url.host, redactor)), finished: true }
  }
}

async function prepare(work: WorkOf<'http'>, context: WorkContext, secrets: Secrets): Promise<HttpCall> {
  const url = parseToolUrl(work.url)
  for (const [name, value] of Object.entries(((await context.load(work.query ?? {})) ?? {}) as Record<string, Json>)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== null) url.searchParams.append(name, textOf(item))
    }
  }
  const { headers, credentials } = await resolveHeaders(
    { 'idempotency-key': idempotencyKey(context), ...work.headers },
    { secrets, use: { run: context.run, host: url.host } },
  )
  if (work.body === undefined) return { method: work.method, url, headers, credentials }
  const streamed = await streamedBody(work.body, context, headers)
  if (streamed) return { method: work.method, url, headers, credentials, body: streamed }
  const body = await context.load(work.body)
  headers['content-type'] ??= typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  return {
    method: work.method,
    url,
    headers,
    credentials,
    body: isSentAsText(body, headers) ? body : JSON.stringify(body),
  }
}

/** A value that is too large to be loaded is sent as the JSON that it is stored as. */
async function streamedBody(body: unknown, { open }: WorkContext, headers: Record<string, string>) {
  if (!isHandle(body) || body.$blob.size <= LOADABLE_BYTES_MAX) return undefined
  if (!isJson(headers['content-type'] ?? 'application/json')) return undefined
  const opened = await open(body)
  if (!opened) return undefined
  headers['content-type'] ??= 'application/json'
  return { size: body.$blob.size, open: opened }
}

/** A text is sent as it stands, unless it is declared to be JSON. */
const isSentAsText = (body: Json, headers: Record<string, string>): body is string =>
  typeof body === 'string' && !isJson(headers['content-type'] ?? '')

function idempotencyKey({ run, path }: WorkContext): string {
  const key = `${run.id}/${path}`
  return key.length <= IDEMPOTENCY_KEY_LENGTH_MAX
    ? key
    : `${run.id}/sha256:${createHash('sha256').update(path).digest('hex')}`
}

function outputOf({ status, headers, body }: HttpAnswer, url: URL): Json {
  if (status === 204 || body.length === 0) return null
  const contentType = headers.get('content-type') ?? ''
  const text = asText(body, contentType)
  if (isJson(contentType)) {
    if (text === undefined) throw new TreadleError('invalid_output', `The answer of ${url.host} is not UTF-8.`)
    return parseForeign(text, `The answer of ${url.host}`)
  }
  if (text !== undefined) return text
  if (body.length > BINARY_BYTES_MAX) {
    throw new TreadleError(
      'tool_error',
      `The answer of ${url.host} is binary (${contentType || 'of no type'}) and larger than ${BINARY_BYTES_MAX} bytes.`,
    )
  }
  return { contentType: contentType || 'application/octet-stream', base64: body.toString('base64') }
}

/** The text of a body that is text by its type, or says nothing of its type; undefined where its bytes are none. */
function asText(body: Buffer, contentType: string): string | undefined {
  if (!isTextual(contentType)) return undefined
  try {
    return new TextDecoder(charsetOf(contentType), { fatal: true }).decode(body)
  } catch {
    return undefined // Not of that charset, or of one that is not known.
  }
}

const textOf = (value: Json) => (typeof value === 'string' ? value : canonicalJson(value))
