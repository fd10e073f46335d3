import type { Readable } from 'node:stream'
import { TreadleError } from '@treadle/contract'
import { type Dispatcher, request } from 'undici'
import { unlessAborted } from '../unless-aborted.ts'
import { readBody } from './read-body.ts'

export type HttpCall = {
  method: string
  url: URL
  /** Names in lower case. */
  headers: Record<string, string>
  /** Of these headers: not sent on to another origin. */
  credentials: ReadonlySet<string>
  /** A text, or a stream that can be opened again after a redirect. */
  body?: string | { size: number; open(): Promise<Readable> }
}

/** `rest`: what comes after the first `bodyBytesMax` bytes and a little; whoever gets it reads it, or returns it. */
export type HttpAnswer = { status: number; headers: Headers; body: Buffer; rest?: AsyncGenerator<Buffer, void, void> }

export type ExchangeOptions = { dispatcher: Dispatcher; signal: AbortSignal; bodyBytesMax: number }

const REDIRECTS_MAX = 3
/** Of what comes out: packing is not asked for, and a small body must not unpack to a huge one. */
const PACKED_BYTES_MAX = 10 * 1024 * 1024
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** Carry credentials whoever gave them. */
const ALWAYS_CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization']

/**
 * One request and its answer, redirects followed (three at most; credentials stay with the origin that they were given for).
 * @throws TreadleError by the one taxonomy for what is not an answer
 */
export async function exchange(call: HttpCall, options: ExchangeOptions): Promise<HttpAnswer> {
  let current = call
  for (let redirects = 0; ; redirects++) {
    const answer = await send(current, options)
    const location = answer.headers.get('location')
    if (!REDIRECTS.has(answer.status) || location === null) return answer
    await answer.rest?.return()
    if (redirects === REDIRECTS_MAX) {
      throw new TreadleError('invalid_request', `${call.url.host} redirects more than ${REDIRECTS_MAX} times.`)
    }
    current = follow(current, answer.status, location)
  }
}

async function send({ method, url, headers, body }: HttpCall, options: ExchangeOptions): Promise<HttpAnswer> {
  const { dispatcher, signal, bodyBytesMax } = options
  try {
    const asked = request(url, {
      method: method as Dispatcher.HttpMethod,
      // Compression is not asked for; what comes all the same is unpacked within the same bound.
      headers: {
        'accept-encoding': 'identity',
        ...(typeof body === 'object' && { 'content-length': String(body.size) }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'object' ? await body.open() : body }),
      dispatcher,
      signal,
    })
    // undici hears of an abort only once it is connected: where nobody answers, that takes as long as a connection may.
    const answer = await unlessAborted(asked, signal)
    const answerHeaders = new Headers()
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) answerHeaders.set(name, Array.isArray(value) ? value.join(', ') : value)
    }
    const encoding = answerHeaders.get('content-encoding')
    const isPacked = (encoding ?? 'identity').toLowerCase() !== 'identity'
    const { bytes, rest } = await readBody(answer.body, encoding, isPacked ? PACKED_BYTES_MAX : bodyBytesMax)
    if (isPacked && rest) {
      await rest.return()
      throw new TreadleError('tool_error', `The answer is packed, and larger than ${PACKED_BYTES_MAX} bytes.`)
    }
    return {
      status: answer.statusCode,
      headers: answerHeaders,
      body: bytes,
      ...(rest && { rest: mapErrors(rest, (error) => (signal.aborted ? signal.reason : toHttpError(error, url))) }),
    }
  } catch (error) {
    signal.throwIfAborted()
    throw toHttpError(error, url)
  }
}

async function* mapErrors<T>(
  source: AsyncGenerator<T, void, void>,
  map: (error: unknown) => unknown,
): AsyncGenerator<T, void, void> {
  try {
    yield* source
  } catch (error) {
    throw map(error)
  }
}

function follow(call: HttpCall, status: number, location: string): HttpCall {
  if (!URL.canParse(location, call.url.href)) {
    throw new TreadleError('invalid_request', `${call.url.host} redirects to something that is not a URL.`)
  }
  const url = new URL(location, call.url)
  checkProtocol(url)
  const isSameOrigin = url.origin === call.url.origin
  // As browsers do: after 303 always, after 301 and 302 where a POST was sent, the new place is asked by GET.
  const becomesGet = (status === 303 && call.method !== 'HEAD') || (status < 303 && call.method === 'POST')
  const dropped = new Set([
    ...(isSameOrigin ? [] : [...call.credentials, ...ALWAYS_CREDENTIALS]),
    ...(becomesGet ? ['content-type', 'content-length'] : []),
  ])
  const headers = Object.fromEntries(Object.entries(call.headers).filter(([name]) => !dropped.has(name)))
  const { body, ...rest } = call
  return {
    ...rest,
    url,
    headers,
    method: becomesGet ? 'GET' : call.method,
    ...(!becomesGet && body !== undefined && { body }),
  }
}

export function checkProtocol({ protocol }: URL): void {
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new TreadleError('invalid_request', `Tools speak http and https, not "${protocol}".`)
  }
}

function toHttpError(error: unknown, { host }: URL): TreadleError {
  const own = ownError(error)
  if (own) return own
  const code = (error as { code?: unknown } | undefined)?.code
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new TreadleError('timeout', `${host} did not answer in time.`, { cause: error })
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new TreadleError('invalid_request', `The request cannot be sent: ${(error as Error).message}.`, {
      cause: error,
    })
  }
  const reason = typeof code === 'string' ? ` (${code})` : ''
  return new TreadleError('unavailable', `${host} cannot be reached, or broke off${reason}.`, { cause: error })
}

/** The connector's refusal comes back as it is, or as the cause of an error of undici. */
function ownError(error: unknown): TreadleError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof TreadleError) return at
  }
  return undefined
}
