import { setTimeout as delay } from 'node:timers/promises'
import { aborted, createGates, type Gates } from './gates.ts'
import { createRules, type Matcher } from './rules.ts'
import {
  type Exchange,
  type RecordedRequest,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from './scripted-server.ts'

/** What a scripted tool answers. Steps before the answer happen in the order of the fields. */
export type ToolAnswer = {
  /** Waits until `tools.open(name)`. */
  gate?: string
  /** A pause before the answer. Only for demonstrations: tests wait at gates. */
  delayMs?: number
  /** Never answers; the connection stays open until the caller closes it. */
  hang?: boolean
  /** Breaks the connection off without an answer. */
  cut?: boolean
  /** Default 200. */
  status?: number
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON; for other text, `text`. */
  json?: unknown
  text?: string
}

export type ToolBehaviour = ToolAnswer | ((request: RecordedRequest) => ToolAnswer)

export type ScriptedTools = ScriptedServer &
  Pick<Gates, 'open' | 'reached'> & {
    /** `host:port`, as `TREADLE_EGRESS_ALLOW` takes it. */
    readonly authority: string
    /** Requests that match get this answer; at most `times` (default: always). The first rule that matches wins. */
    when(matcher: Matcher, behaviour: ToolBehaviour, options?: { times?: number }): void
  }

/** An HTTP server that stands in for the services that `tool` nodes call. What no rule matches gets 404. */
export async function startScriptedTools(listen: ScriptedServerOptions = {}): Promise<ScriptedTools> {
  const gates = createGates()
  const rules = createRules<ToolBehaviour>()
  const answer = (exchange: Exchange) => {
    const behaviour = rules.take(exchange.request) ?? NOT_FOUND
    return give(typeof behaviour === 'function' ? behaviour(exchange.request) : behaviour, exchange, gates)
  }
  const server = await startScriptedServer(answer, listen)
  return {
    ...server,
    authority: new URL(server.url).host,
    open: gates.open,
    reached: gates.reached,
    when: (matcher, behaviour, { times = Number.POSITIVE_INFINITY } = {}) => rules.add(behaviour, matcher, times),
  }
}

const NOT_FOUND: ToolAnswer = { status: 404, json: { error: 'not found' } }

async function give(answer: ToolAnswer, { response, signal, cut }: Exchange, gates: Gates): Promise<void> {
  if (answer.gate !== undefined) await gates.pass(answer.gate, signal)
  if (answer.delayMs !== undefined) await delay(answer.delayMs, undefined, { signal }).catch(() => {})
  if (answer.hang) await aborted(signal)
  if (signal.aborted) return
  if (answer.cut) return cut()
  const isJson = answer.text === undefined
  const type = isJson ? 'application/json' : 'text/plain; charset=utf-8'
  response.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers })
  response.end(isJson ? JSON.stringify(answer.json ?? null) : answer.text)
}
