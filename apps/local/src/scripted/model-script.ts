/** One step of a scripted answer of the model. Steps are played in order. */
export type ModelStep =
  /** One delta of the answer's text. */
  | { text: string }
  /** A tool call; `arguments` as JSON text or a value. Sent in `pieces` deltas (default 2), as real servers do. */
  | { toolCall: { name: string; arguments: unknown; id?: string; pieces?: number } }
  /** The model declines, with this text. */
  | { refusal: string }
  /** A pause. Only for demonstrations: tests wait at gates. */
  | { delayMs: number }
  /** Waits until `model.open(name)`. */
  | { gate: string }
  /** Before any other output: an HTTP error. After it: an error event in the stream, as OpenAI sends one. */
  | { error: ModelError }
  /** Written as it is, in the place of a well-formed event (or body). */
  | { raw: string }
  /** Why it stopped; default `tool_calls` after a tool call, else `stop`. */
  | { finish: 'stop' | 'length' | 'content_filter' | 'tool_calls' }
  /** What it counted; default one token a delta, and the prompt's characters ÷ 4. */
  | { usage: { promptTokens: number; completionTokens: number; cachedTokens?: number; reasoningTokens?: number } }
  /** The connection breaks here. */
  | { cut: true }
  /** Nothing more comes, and the connection stays open. */
  | { hang: true }

export type ModelError = {
  /** HTTP status. */
  status: number
  message?: string
  type?: string
  code?: string
  /** Seconds, as the `Retry-After` header has them. */
  retryAfter?: number
}

export type ModelScript = readonly ModelStep[]

/** The parts of a `POST /v1/chat/completions` body that the scripted model reads. */
export type ChatRequest = {
  model: string
  messages: readonly ChatMessage[]
  stream?: boolean
  stream_options?: { include_usage?: boolean }
  tools?: readonly { type: 'function'; function: { name: string; parameters?: JsonSchema } }[]
  tool_choice?: unknown
  response_format?: { type: 'text' | 'json_object' } | { type: 'json_schema'; json_schema: { schema?: JsonSchema } }
}

export type ChatMessage = { role: string; content?: string | readonly { type: string; text?: string }[] | null }

export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

/** The text of a message, whichever of its two shapes it has. */
export function messageText({ content }: ChatMessage): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}
