import { createBodyWire, createStreamWire } from './chat-wire.ts'
import { createGates, type Gates } from './gates.ts'
import { playScript } from './model-player.ts'
import type { ChatRequest, ModelScript } from './model-script.ts'
import { plausibleScript } from './plausible-script.ts'
import { createRules, type Matcher } from './rules.ts'
import {
  type Exchange,
  type RecordedRequest,
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from './scripted-server.ts'

/** A script, or a function that makes one of the request. */
export type ModelAnswer = ModelScript | ((request: ChatRequest) => ModelScript)

export type ModelMatcher = Matcher & {
  /** Text that stands anywhere in the messages. */
  prompt?: string
  /** The name of the model that is asked for. */
  model?: string
}

export type ScriptedModel = ScriptedServer &
  Pick<Gates, 'open' | 'reached'> & {
    /** What `OPENAI_BASE_URL` takes: `http://host:port/v1`. */
    readonly baseUrl: string
    /** The next request that no earlier rule takes gets this answer, once. Calls queue up. */
    enqueue(answer: ModelAnswer): void
    /** Requests that match get this answer; at most `times` (default: always). */
    when(matcher: ModelMatcher, answer: ModelAnswer, options?: { times?: number }): void
  }

export type ScriptedModelOptions = ScriptedServerOptions & {
  /** The answer where nothing was programmed. Default: a plausible one, which fits the schema when one is given. */
  fallback?: ModelAnswer
}

/**
 * A server of the OpenAI protocol (`GET /v1/models`, `POST /v1/chat/completions`, streaming or not) whose answers are
 * written beforehand: for the local stack without an API key, and for tests, which program it and look at what it
 * was asked. The same requests in the same order get the same bytes.
 */
export async function startScriptedModel({
  fallback = plausibleScript,
  ...listen
}: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const gates = createGates()
  const rules = createRules<ModelAnswer>()

  const answer = async (exchange: Exchange) => {
    const { request, response } = exchange
    if (request.method === 'GET' && request.path === '/v1/models') return sendJson(exchange, 200, MODELS)
    if (request.path !== '/v1/chat/completions') return sendJson(exchange, 404, notServed(request))
    const chat = request.body as ChatRequest
    if (!Array.isArray(chat?.messages)) return sendJson(exchange, 400, NO_MESSAGES)

    const programmed = rules.take(request) ?? fallback
    const script = typeof programmed === 'function' ? programmed(chat) : programmed
    const createWire = chat.stream ? createStreamWire : createBodyWire
    const wire = createWire(response, chat, `chatcmpl-scripted-${request.number}`)
    await playScript(script, { request: chat, wire, exchange, gates })
  }

  const server = await startScriptedServer(answer, listen)
  return {
    ...server,
    baseUrl: `${server.url}/v1`,
    open: gates.open,
    reached: gates.reached,
    enqueue: (script) => rules.add(script, {}, 1),
    when: ({ prompt, model, where = () => true, ...matcher }, script, { times = Number.POSITIVE_INFINITY } = {}) =>
      rules.add(script, { ...matcher, where: (request) => where(request) && asks(request, prompt, model) }, times),
  }
}

function asks({ body }: RecordedRequest, prompt: string | undefined, model: string | undefined): boolean {
  const chat = body as ChatRequest
  const holdsPrompt =
    prompt === undefined || JSON.stringify(chat.messages).includes(JSON.stringify(prompt).slice(1, -1))
  return holdsPrompt && (model === undefined || model === chat.model)
}

function sendJson({ response }: Exchange, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const MODELS = {
  object: 'list',
  data: [{ id: 'scripted', object: 'model', created: 1_750_000_000, owned_by: 'treadle' }],
}

const NO_MESSAGES = {
  error: { message: 'The body has no list of messages.', type: 'invalid_request_error', param: 'messages', code: null },
}

const notServed = ({ method, path }: RecordedRequest) => ({
  error: {
    message: `The scripted model does not serve ${method} ${path}, only POST /v1/chat/completions.`,
    type: 'invalid_request_error',
    param: null,
    code: 'unknown_url',
  },
})
