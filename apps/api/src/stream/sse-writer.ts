import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Why the server ends a stream before its last event; the client resumes. */
export type ByeReason = 'shutting-down' | 'too-slow' | 'unavailable'

/** One SSE response. Every method is safe to call after its end. */
export type SseWriter = {
  /**
   * Sends whole frames. Resolves to true when there is room for more, to false when there is nobody to write to any more.
   * Callers write nothing until it resolves, so that at most what one call brought waits in memory.
   */
  write(frames: string | Uint8Array): Promise<boolean>
  /** Sends whole frames. False: nothing more before `room` has resolved. */
  writeNow(frames: string | Uint8Array): boolean
  /** Resolves to true when there is room for more, to false when there is nobody to write to any more. */
  room(): Promise<boolean>
  /** Ends it in order: the client has everything. */
  end(): void
  /** Ends it early: `event: bye`, without an id; a comment where `saysBye` is false. */
  bye(reason: ByeReason): void
  /** Aborted when the stream has ended, whoever ended it. */
  readonly signal: AbortSignal
}

export type SseOptions = {
  headers: OutgoingHttpHeaders
  heartbeatMs: number
  stallMs: number
  /** Default true. Readers of other protocols know no event `bye`. */
  saysBye?: boolean
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

/** How long a client that is sent away gets to read why. */
const BYE_GRACE_MS = 1_000

/**
 * Begins the response: headers and the time after which EventSource reconnects go out at once. Every
 * `heartbeatMs` a comment follows; a client that takes nothing for `stallMs` is sent away.
 */
export function openSse(
  response: ServerResponse,
  { headers, heartbeatMs, stallMs, saysBye = true }: SseOptions,
): SseWriter {
  const ended = new AbortController()
  const { signal } = ended
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, heartbeatMs)
  const stop = () => {
    clearInterval(heartbeat)
    ended.abort()
  }
  response.once('close', stop)
  response.on('error', stop) // A reset connection: `close` follows.

  const end = () => {
    if (signal.aborted) return
    stop()
    response.end()
  }
  const bye = (reason: ByeReason) => {
    if (signal.aborted) return
    stop()
    response.end(saysBye ? `event: bye\ndata: ${JSON.stringify({ reason })}\n\n` : `: bye ${reason}\n\n`)
    setTimeout(() => response.destroy(), BYE_GRACE_MS).unref()
  }

  const writeNow = (frames: string | Uint8Array) => !signal.aborted && response.write(frames)
  const room = async () => {
    if (signal.aborted) return false
    if (!response.writableNeedDrain || (await drained(response, signal, stallMs))) return true
    bye('too-slow')
    return false
  }

  response.writeHead(200, { ...headers, ...HEADERS })
  response.write('retry: 1000\n\n')

  return { signal, end, bye, writeNow, room, write: async (frames) => writeNow(frames) || room() }
}

/** Resolves to true on `drain`; to false when the response closed first, or `timeoutMs` passed. A blocked socket that closes never drains. */
function drained(response: ServerResponse, signal: AbortSignal, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (hasRoom: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      signal.removeEventListener('abort', onAbort)
      resolve(hasRoom)
    }
    const onDrain = () => settle(true)
    const onAbort = () => settle(false)
    const timer = setTimeout(() => settle(false), timeoutMs)
    response.once('drain', onDrain)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) settle(false)
  })
}
