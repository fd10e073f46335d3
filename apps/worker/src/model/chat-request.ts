import type { Message, PlanModel, ToolSpec } from '@treadle/contract'
import { canonicalJson, type Json } from '@treadle/expressions'
import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { ResponseFormat } from './structured-answer.ts'
import type { ToolNames } from './tool-names.ts'

export type ChatRequestParts = {
  model: PlanModel
  /** Contents are loaded: no handles in them. */
  messages: Message[]
  format?: ResponseFormat | undefined
  tools?: ToolSpec[]
}

/** The request of one call: the author's parameters, and over them what Treadle needs. */
export function chatRequest(
  { model, messages, format, tools = [] }: ChatRequestParts,
  names: ToolNames,
): ChatCompletionCreateParamsStreaming {
  const params = model.params ?? {}
  const isCapped = 'max_tokens' in params || 'max_completion_tokens' in params
  return {
    ...(model.maxOutputTokens !== undefined && !isCapped && { max_completion_tokens: model.maxOutputTokens }),
    ...params,
    model: model.model,
    messages: messages.map((message) => toParam(message, names)),
    ...(format && { response_format: format }),
    ...(tools.length > 0 && { tools: tools.map((tool) => toToolParam(tool, names)) }),
    stream: true,
    stream_options: { include_usage: true },
  }
}

function toParam({ role, content, toolCalls, toolCallId }: Message, names: ToolNames): ChatCompletionMessageParam {
  const text = textOf(content as Json)
  if (role === 'tool') return { role, content: text, tool_call_id: toolCallId ?? '' }
  if (role !== 'assistant' || !toolCalls?.length) return { role, content: text }
  const calls = toolCalls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function' as const,
    function: { name: names.toWire(name), arguments: args },
  }))
  return { role, content: text === '' ? null : text, tool_calls: calls }
}

/** What is not text stands as JSON. */
const textOf = (content: Json | undefined): string =>
  content === undefined ? '' : typeof content === 'string' ? content : canonicalJson(content)

const toToolParam = ({ name, description, inputSchema }: ToolSpec, names: ToolNames) => ({
  type: 'function' as const,
  function: {
    name: names.toWire(name),
    ...(description !== undefined && { description }),
    parameters: typeof inputSchema === 'object' ? inputSchema : { type: 'object' },
  },
})
