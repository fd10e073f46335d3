import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How an exchange ended: in full, by the caller closing its socket, or by the script cutting it. */
export type Outcome = 'answered' | 'aborted' | 'cut'

/** One request, as it came, for a test to look at. */
export type RecordedRequest = {
  /** Counts from 1 in the order of arrival. */
  readonly number: number
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** Parsed, where it is JSON; else the text. */
  readonly body: unknown
  /** Resolves when the exchange is over. `aborted` is how a test sees that a cancelled call really closed its socket. */
  readonly ended: Promise<Outcome>
}

export type Exchange = {
  readonly request: RecordedRequest
  readonly response: ServerResponse
  /** Aborts when the caller goes away or the server closes. */
  readonly signal: AbortSignal
  /** Breaks the connection off in the middle, as a crashed server does. */
  cut(): void
}

export type ScriptedServer = {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly RecordedRequest[]
  /** The first request, already here or yet to come, that `matches`. */
  waitFor(matches?: (request: RecordedRequest) => boolean): Promise<RecordedRequest>
  /** Stops listening and breaks off what is open. */
  close(): Promise<void>
}

export type ScriptedServerOptions = {
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free one. */
  port?: number
}

/**
 * An HTTP server that records what it is asked and leaves the answer to `answer`.
 * @throws the listen error (`EADDRINUSE`, …) when the port cannot be had.
 */
export async function startScriptedServer(
  answer: (exchange: Exchange) => Promise<void>,
  { host = '127.0.0.1', port = 0 }: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = []
  const watchers = new Set<(request: RecordedRequest) => void>()

  const server = createServer(async (incoming, response) => {
    const exchange = await openExchange(incoming, response, requests.length + 1)
    requests.push(exchange.request)
    for (const watcher of watchers) watcher(exchange.request)
    try {
      await answer(exchange)
    } catch (error) {
      // A mistake of the script itself: said to the caller, so that the test that wrote it sees it.
      if (response.headersSent) return exchange.cut()
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`The script failed: ${String(error)}`)
    }
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))

  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    requests,
    waitFor(matches = () => true) {
      const found = requests.find(matches)
      if (found) return Promise.resolve(found)
      return new Promise((resolve) => {
        const watcher = (request: RecordedRequest) => {
          if (!matches(request)) return
          watchers.delete(watcher)
          resolve(request)
        }
        watchers.add(watcher)
      })
    },
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

async function openExchange(incoming: IncomingMessage, response: ServerResponse, number: number): Promise<Exchange> {
  const gone = new AbortController()
  let wasCut = false
  const ended = new Promise<Outcome>((resolve) => {
    response.once('close', () => {
      resolve(wasCut ? 'cut' : response.writableFinished ? 'answered' : 'aborted')
      gone.abort()
    })
  })
  const url = new URL(incoming.url ?? '/', 'http://scripted')
  const request: RecordedRequest = {
    number,
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: incoming.headers,
    body: parseBody(await readText(incoming)),
    ended,
  }
  const cut = () => {
    wasCut = true
    response.destroy()
  }
  return { request, response, signal: gone.signal, cut }
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of incoming) chunks.push(chunk)
  } catch {
    // The caller went away while it sent: what came is what is recorded.
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
