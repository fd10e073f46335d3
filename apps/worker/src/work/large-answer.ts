import { TreadleError } from '@treadle/contract'
import { checkedJson, JsonTextError } from '@treadle/storage'
import type { HttpAnswer } from '../net/http-exchange.ts'
import { createRedactedJson } from '../secrets/redacted-json.ts'
import type { Redactor, TextStream } from '../secrets/redactor.ts'
import { storableText } from '../values/storable.ts'

const ANSWER_BYTES_MAX = 1024 * 1024 * 1024

/**
 * An answer that is too large for memory as the JSON text that is stored, piece by piece: JSON is checked as a small one is (it is JSON,
 * without rounded integers, forged handles, and more than 100 levels), any other text becomes a string. Secrets are taken out on the way.
 * @throws TreadleError `invalid_output`, `tool_error`, or what broke the answer off
 */
export async function* largeAnswer(
  { headers, body, rest }: HttpAnswer,
  host: string,
  redactor: Redactor,
): AsyncGenerator<Buffer, void, void> {
  const contentType = headers.get('content-type') ?? ''
  const pieces = bounded(joined(body, rest), host)
  if (isJson(contentType)) yield* cleanJson(pieces, host, createRedactedJson(redactor))
  else if (isTextual(contentType))
    yield* quoted(pieces, { host, charset: charsetOf(contentType), redacted: redactor.stream() })
  else {
    await rest?.return()
    throw new TreadleError('tool_error', `The answer of ${host} is binary (${contentType}) and larger than 1 MiB.`)
  }
}

async function* joined(first: Buffer, rest: AsyncIterable<Buffer> | undefined): AsyncGenerator<Buffer, void, void> {
  yield first
  if (rest) yield* rest
}

async function* bounded(pieces: AsyncIterable<Buffer>, host: string): AsyncGenerator<Buffer, void, void> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > ANSWER_BYTES_MAX)
      throw new TreadleError('tool_error', `The answer of ${host} is larger than ${ANSWER_BYTES_MAX} bytes.`)
    yield piece
  }
}

async function* cleanJson(pieces: AsyncIterable<Buffer>, host: string, redacted: TextStream) {
  const utf8 = new TextDecoder('utf-8')
  try {
    for await (const piece of checkedJson(pieces))
      yield Buffer.from(redacted.push(utf8.decode(piece, { stream: true })))
    yield Buffer.from(redacted.push(utf8.decode()) + redacted.end())
  } catch (error) {
    if (error instanceof JsonTextError)
      throw new TreadleError('invalid_output', `The answer of ${host} ${error.message}`)
    throw error
  }
}

async function* quoted(
  pieces: AsyncIterable<Buffer>,
  { host, charset, redacted }: { host: string; charset: string; redacted: TextStream },
) {
  const decoder = decoderOf(charset, host)
  const inJson = (text: string) => Buffer.from(JSON.stringify(storableText(text)).slice(1, -1))
  yield Buffer.from('"')
  try {
    for await (const piece of pieces) yield inJson(redacted.push(decoder.decode(piece, { stream: true })))
    yield inJson(redacted.push(decoder.decode()) + redacted.end())
  } catch (error) {
    if (error instanceof TypeError) throw new TreadleError('tool_error', `The answer of ${host} is not ${charset}.`)
    throw error
  }
  yield Buffer.from('"')
}

function decoderOf(charset: string, host: string) {
  try {
    return new TextDecoder(charset, { fatal: true })
  } catch {
    throw new TreadleError('tool_error', `The answer of ${host} is in ${charset}, which is not known.`)
  }
}

export const isJson = (contentType: string): boolean =>
  /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType.trim())

/** Text by its type, or silent on its type. */
export const isTextual = (contentType: string): boolean =>
  contentType === '' || /^text\/|json|xml|javascript|yaml|x-www-form-urlencoded/i.test(contentType)

export const charsetOf = (contentType: string): string => /charset="?([\w-]+)/i.exec(contentType)?.[1] ?? 'utf-8'
