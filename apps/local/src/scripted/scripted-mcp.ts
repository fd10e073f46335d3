import { aborted, createGates, type Gates } from './gates.ts'
import type { JsonSchema } from './model-script.ts'
import {
  type Exchange,
  type RecordedRequest,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from './scripted-server.ts'

/** What a tool gives. Steps before the answer happen in the order of the fields. */
export type McpAnswer = {
  /** Waits until `mcp.open(name)`. */
  gate?: string
  /** Never answers. */
  hang?: boolean
  /** Breaks the connection off without an answer. */
  cut?: boolean
  /** An HTTP status in the place of the answer, with these headers. */
  status?: number
  headers?: Readonly<Record<string, string>>
  /** Written as it is in the place of the answer, as `text/event-stream` where it begins with `data:`, else as JSON. */
  raw?: string
  /** A JSON-RPC error. */
  rpcError?: { code: number; message: string }
  /** One text, or a whole `content`. */
  text?: string
  content?: readonly object[]
  structured?: object
  isError?: boolean
}

export type McpTool = {
  name: string
  description?: string
  inputSchema?: JsonSchema
  answer?: McpAnswer | ((args: Record<string, unknown>, request: RecordedRequest) => McpAnswer)
}

export type McpPages = (cursor: string | undefined) => { tools: readonly object[]; nextCursor?: string }

export type McpCall = { tool: string; args: Record<string, unknown>; request: RecordedRequest }

export type ScriptedMcp = ScriptedServer &
  Pick<Gates, 'open' | 'reached'> & {
    /** What a tool's `server` takes: `http://host:port/mcp`. */
    readonly server: string
    /** `host:port`, as `TREADLE_EGRESS_ALLOW` takes it. */
    readonly authority: string
    /** Every `tools/call`, in the order of arrival. */
    readonly calls: readonly McpCall[]
    /** How often the tools were listed. */
    readonly lists: number
    /**
     * What is served from now on; a function may change its mind with every list, and page by cursor. `at` is the path of the server that
     * serves it: default `/mcp`, and there may be others beside it.
     */
    serve(tools: readonly McpTool[] | McpPages, options?: { at?: string }): void
    /** Takes requests before the protocol does: true where it has answered. */
    intercept(handler: ((exchange: Exchange) => boolean) | undefined): void
  }

export type ScriptedMcpOptions = ScriptedServerOptions & {
  /** Answers as a stream of events (default), or as JSON. Servers may do either. */
  as?: 'stream' | 'json'
}

type Rpc = { id?: number | string; method?: string; params?: Record<string, unknown> }

/** A server of the Model Context Protocol (Streamable HTTP) whose tools are written beforehand. */
export async function startScriptedMcp({ as = 'stream', ...listen }: ScriptedMcpOptions = {}): Promise<ScriptedMcp> {
  const gates = createGates()
  const calls: McpCall[] = []
  const served = new Map<string, readonly McpTool[] | McpPages>([[PATH, []]])
  let intercept: ((exchange: Exchange) => boolean) | undefined
  let lists = 0
  let sessions = 0

  const answer = async (exchange: Exchange) => {
    const { request, response } = exchange
    if (intercept?.(exchange)) return
    const here = served.get(request.path)
    if (!here) return send(exchange, 404)
    if (request.method === 'DELETE') return send(exchange, 200)
    if (request.method !== 'POST') return send(exchange, 405)
    const { id, method, params = {} } = request.body as Rpc
    if (id === undefined) return send(exchange, 202)
    const reply = (message: object) => write(exchange, as, { jsonrpc: '2.0', id, ...message })
    if (method === 'initialize') {
      sessions += 1
      response.setHeader('mcp-session-id', `session-${sessions}`)
      const { protocolVersion } = params
      return reply({ result: { protocolVersion, capabilities: { tools: {} }, serverInfo: SERVER_INFO } })
    }
    if (method === 'tools/list') {
      lists += 1
      return reply({
        result: typeof here === 'function' ? here(params.cursor as string | undefined) : { tools: here.map(shown) },
      })
    }
    if (method !== 'tools/call') return reply({ error: { code: -32601, message: `There is no ${method}.` } })
    const args = (params.arguments ?? {}) as Record<string, unknown>
    calls.push({ tool: String(params.name), args, request })
    const tool = typeof here === 'function' ? undefined : here.find(({ name }) => name === params.name)
    if (!tool) return reply({ error: { code: -32602, message: `There is no tool ${params.name}.` } })
    const given = tool.answer ?? { text: 'done' }
    await give(typeof given === 'function' ? given(args, request) : given, exchange, gates, reply)
  }

  const scripted = await startScriptedServer(answer, listen)
  return {
    ...scripted,
    server: `${scripted.url}${PATH}`,
    authority: new URL(scripted.url).host,
    calls,
    get lists() {
      return lists
    },
    open: gates.open,
    reached: gates.reached,
    serve: (tools, { at = PATH } = {}) => void served.set(at, tools),
    intercept: (handler) => {
      intercept = handler
    },
  }
}

const PATH = '/mcp'

const shown = ({ answer, ...tool }: McpTool): object => ({ inputSchema: { type: 'object' }, ...tool })

const SERVER_INFO = { name: 'scripted', version: '1' }

async function give(
  answer: McpAnswer,
  exchange: Exchange,
  gates: Gates,
  reply: (message: object) => void,
): Promise<void> {
  const { signal, response, cut } = exchange
  if (answer.gate !== undefined) await gates.pass(answer.gate, signal)
  if (answer.hang) await aborted(signal)
  if (signal.aborted) return
  if (answer.cut) return cut()
  if (answer.status !== undefined) return send(exchange, answer.status, answer.headers)
  if (answer.raw !== undefined) {
    const type = answer.raw.startsWith('data:') ? 'text/event-stream' : 'application/json'
    response.writeHead(200, { 'content-type': type }).end(answer.raw)
    return
  }
  if (answer.rpcError) return reply({ error: answer.rpcError })
  const { text, content = text === undefined ? [] : [{ type: 'text', text }], structured, isError } = answer
  reply({ result: { content, ...(structured && { structuredContent: structured }), ...(isError && { isError }) } })
}

function write({ response }: Exchange, as: 'stream' | 'json', message: object): void {
  const json = JSON.stringify(message)
  if (as === 'json') response.writeHead(200, { 'content-type': 'application/json' }).end(json)
  else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`event: message\ndata: ${json}\n\n`)
}

const send = ({ response }: Exchange, status: number, headers: Readonly<Record<string, string>> = {}): void => {
  response.writeHead(status, { ...headers }).end()
}
