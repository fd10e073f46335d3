import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js'
import { type McpServer, type RunRef, TreadleError } from '@treadle/contract'
import type { Dispatcher } from 'undici'
import { resolveHeaders } from '../net/tool-headers.ts'
import { parseToolUrl } from '../net/tool-url.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { createBoundedFetch } from './bounded-fetch.ts'

/** What a session is for. `options` go with each request; `schemas` are those of the protocol's messages. */
export type McpConversation<Result> = (client: Client, options: RequestOptions, schemas: Schemas) => Promise<Result>

type Sdk = Awaited<ReturnType<typeof loadSdk>>
type Schemas = Sdk['schemas']

export type McpContext = { run: RunRef; signal: AbortSignal }

export type McpSessions = {
  /**
   * Opens a session with the server (Streamable HTTP), for this conversation alone, and closes it.
   * @throws TreadleError by the one taxonomy; the signal's reason where it was aborted
   */
  use<Result>(server: McpServer, context: McpContext, conversation: McpConversation<Result>): Promise<Result>
}

export type McpSessionsParts = { secrets: Secrets; redactor: Redactor; dispatcher: Dispatcher }

/** The attempt's own time is the bound; the client wants one for each request. */
const REQUEST_MS_MAX = 24 * 60 * 60_000
/** What was in the body of an answer is with the client long before. */
const ANSWER_GRACE_MS = 250
const CLOSE_MS_MAX = 2_000

export function createMcpSessions(parts: McpSessionsParts): McpSessions {
  return {
    async use(server, { run, signal }, conversation) {
      const url = parseToolUrl(server.url)
      const { headers } = await resolveHeaders(server.headers ?? {}, {
        secrets: parts.secrets,
        use: { run, host: url.host },
      })
      const sdk = await loadSdk()
      const session = openSession(sdk, parts, url, headers)
      const stop = AbortSignal.any([signal, session.broken])
      setMaxListeners(0, stop) // The client listens anew for each request, and lets go with the signal alone.
      const options: RequestOptions = {
        signal: stop,
        timeout: REQUEST_MS_MAX,
        onresumptiontoken: session.mayGoOn,
      }
      const client = new sdk.Client({ name: 'treadle', version: '1' }, { capabilities: {} })
      try {
        await client.connect(session.transport, options)
        return await conversation(client, options, sdk.schemas)
      } catch (error) {
        signal.throwIfAborted()
        throw sdk.toMcpError(session.broken.aborted ? session.broken.reason : error, url)
      } finally {
        await session.close(client)
      }
    },
  }
}

/** The official client takes 0.2 s and 20 MiB to load (Zod is most of it), so a worker that calls no such server does not. */
async function loadSdk() {
  const [{ Client }, { StreamableHTTPClientTransport }, schemas, { toMcpError }] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
    import('@modelcontextprotocol/sdk/types.js'),
    import('./mcp-error.ts'),
  ])
  return { Client, StreamableHTTPClientTransport, schemas, toMcpError }
}

/** The transport, and what tells that it will not answer any more: the client alone would wait for its time to be over. */
function openSession(
  { StreamableHTTPClientTransport }: Sdk,
  { redactor, dispatcher }: McpSessionsParts,
  url: URL,
  headers: Record<string, string>,
) {
  const controller = new AbortController()
  const broken = (error: TreadleError) => controller.abort(error)
  const answered = new Set<unknown>()
  let isResumable = false

  const answerEnded = async (id: number | string) => {
    await sleep(ANSWER_GRACE_MS, undefined, { ref: false })
    if (answered.has(id) || isResumable) return
    broken(new TreadleError('unavailable', `The answer of ${url.host} ended before it was complete.`))
  }
  const fetch = createBoundedFetch({ dispatcher, redactor, broken, answerEnded })
  const transport = new StreamableHTTPClientTransport(url, { fetch, requestInit: { headers } })
  transport.onmessage = (message) => {
    if ('id' in message && !('method' in message)) answered.add(message.id)
  }
  transport.onerror = (error) => {
    const isFinal = /^Maximum reconnection attempts/.test(error.message) || !isResumable
    if (/^(SSE stream disconnected|Maximum reconnection attempts)/.test(error.message) && isFinal) {
      broken(new TreadleError('unavailable', `${url.host} broke off in the middle of its answer.`, { cause: error }))
    }
  }
  return {
    transport,
    broken: controller.signal,
    /** The server has named a place from which it can go on. */
    mayGoOn: () => {
      isResumable = true
    },
    async close(client: Client): Promise<void> {
      // The server may forget the session; one that does not answer is not waited for.
      const ended = transport.sessionId === undefined ? undefined : transport.terminateSession().catch(() => {})
      await Promise.race([ended, sleep(CLOSE_MS_MAX, undefined, { ref: false })])
      await client.close().catch(() => {})
    },
  }
}
