import type { ServerResponse } from 'node:http'
import type { ChatRequest, ModelError, ModelStep } from './model-script.ts'
import { messageText } from './model-script.ts'

/** Where the steps of a script go: as events of a stream, or gathered into one body. */
export type ChatWire = {
  /** Has anything been sent? Then an error can only come inside the stream. */
  readonly started: boolean
  write(delta: ChatDelta): void
  raw(text: string): void
  error(error: ModelError): void
  end(finish: string, usage: Usage): void
}

export type ChatDelta = { content?: string; refusal?: string; tool_calls?: ToolCallDelta[] }
export type ToolCallDelta = {
  index: number
  id?: string
  type?: 'function'
  function: { name?: string; arguments: string }
}
type Usage = ReturnType<typeof usageOf>

/** `POST /v1/chat/completions` with `stream: true`: one event a delta, usage last when asked for, then `[DONE]`. */
export function createStreamWire(response: ServerResponse, request: ChatRequest, id: string): ChatWire {
  const head = { id, object: 'chat.completion.chunk', created: CREATED, model: request.model }
  const start = () => {
    if (response.headersSent) return
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
    send({ ...head, choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  }
  const send = (data: object) => response.write(`data: ${JSON.stringify(data)}\n\n`)
  return {
    get started() {
      return response.headersSent
    },
    write(delta) {
      start()
      send({ ...head, choices: [{ index: 0, delta, finish_reason: null }] })
    },
    raw(text) {
      start()
      response.write(text)
    },
    error(error) {
      if (!response.headersSent) return sendError(response, error)
      send(errorBody(error))
      response.end()
    },
    end(finish, usage) {
      start()
      send({ ...head, choices: [{ index: 0, delta: {}, finish_reason: finish }] })
      if (request.stream_options?.include_usage) send({ ...head, choices: [], usage })
      response.end('data: [DONE]\n\n')
    },
  }
}

/** The same without `stream`: deltas are joined, and the whole message is one body at the end. */
export function createBodyWire(response: ServerResponse, request: ChatRequest, id: string): ChatWire {
  const texts: { content: string | null; refusal: string | null } = { content: null, refusal: null }
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = []
  return {
    started: false,
    write({ content, refusal, tool_calls = [] }) {
      if (content !== undefined) texts.content = (texts.content ?? '') + content
      if (refusal !== undefined) texts.refusal = (texts.refusal ?? '') + refusal
      for (const {
        index,
        id: callId = '',
        function: { name = '', arguments: piece },
      } of tool_calls) {
        calls[index] ??= { id: callId, type: 'function', function: { name, arguments: '' } }
        calls[index].function.arguments += piece
      }
    },
    raw: (text) => response.writeHead(200, { 'content-type': 'application/json' }).end(text),
    error: (error) => sendError(response, error),
    end(finish, usage) {
      const message = { role: 'assistant', ...texts, ...(calls.length > 0 && { tool_calls: calls }) }
      const choices = [{ index: 0, message, finish_reason: finish, logprobs: null }]
      const body = { id, object: 'chat.completion', created: CREATED, model: request.model, choices, usage }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    },
  }
}

// A fixed time: the same request gets the same bytes.
const CREATED = 1_750_000_000

function sendError(response: ServerResponse, error: ModelError): void {
  const retryAfter = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }
  response.writeHead(error.status, { 'content-type': 'application/json', ...retryAfter })
  response.end(JSON.stringify(errorBody(error)))
}

function errorBody({ status, message, type, code }: ModelError) {
  const standard = STANDARD_ERRORS[status] ?? {
    type: 'server_error',
    message: 'The scripted model failed as it was told to.',
  }
  return {
    error: { message: message ?? standard.message, type: type ?? standard.type, param: null, code: code ?? null },
  }
}

const STANDARD_ERRORS: Record<number, { type: string; message: string }> = {
  400: { type: 'invalid_request_error', message: 'The request is not valid.' },
  401: { type: 'authentication_error', message: 'Incorrect API key provided.' },
  404: { type: 'invalid_request_error', message: 'The model does not exist.' },
  429: { type: 'rate_limit_error', message: 'Rate limit reached.' },
}

/** What was counted: what the script says, else one token a delta and the prompt's characters ÷ 4. */
export function usageOf(request: ChatRequest, script: readonly ModelStep[], deltas: number) {
  const told = script.find((step) => 'usage' in step)?.usage
  const promptCharacters = request.messages.reduce((sum, message) => sum + messageText(message).length, 0)
  const prompt = told?.promptTokens ?? Math.ceil(promptCharacters / 4)
  const completion = told?.completionTokens ?? deltas
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: told?.cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: told?.reasoningTokens ?? 0 },
  }
}
