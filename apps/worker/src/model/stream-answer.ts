import { type ToolCall, TreadleError, type Usage } from '@treadle/contract'
import type OpenAI from 'openai'
import type { ChatCompletionChunk, ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import { toModelError } from './model-error.ts'
import { readChunks } from './read-chunks.ts'

export type Answer = { text: string; refusal: string; toolCalls: ToolCall[]; finishReason: string }

export type AnswerPart = { text: string } | { toolCall: ToolCallPiece }
export type ToolCallPiece = { index: number; id?: string; name?: string; arguments?: string }

export type StreamAnswerOptions = {
  signal: AbortSignal
  /** Told of what is new each time that something comes, and awaited before more is read. */
  onPart(part: AnswerPart): Promise<void>
  onUsage(usage: Usage): void
}

/** An answer longer than this has run away, in UTF-16 units. */
const ANSWER_LENGTH_MAX = 8 * 1024 * 1024
const TOOL_CALLS_MAX = 128

/**
 * One call of a model, streamed. Aborting `signal` closes the connection.
 * @throws TreadleError by the one taxonomy; `unavailable` where the stream ended before the answer did
 */
export async function streamAnswer(
  client: OpenAI,
  request: ChatCompletionCreateParamsStreaming,
  { signal, onPart, onUsage }: StreamAnswerOptions,
): Promise<Answer> {
  const answer: Answer = { text: '', refusal: '', toolCalls: [], finishReason: '' }
  let usage: Usage = { llmCalls: 1 }
  try {
    const response = await client.chat.completions.create(request, { signal }).asResponse()
    for await (const chunks of readChunks(response)) {
      for (const chunk of chunks) if (chunk?.usage) usage = { ...usage, ...usageOf(chunk.usage) }
      for (const part of takeChunks(answer, chunks)) await onPart(part)
    }
  } catch (error) {
    signal.throwIfAborted()
    throw toModelError(error)
  } finally {
    onUsage(usage)
  }
  // The client ends an aborted stream without a word.
  signal.throwIfAborted()
  if (answer.finishReason === '') {
    throw new TreadleError('unavailable', 'The model’s stream ended before its answer was complete.')
  }
  return answer
}

/** Lays chunks that came together onto the answer; gives what is new in them, texts that follow each other as one. */
function takeChunks(answer: Answer, chunks: readonly ChatCompletionChunk[]): AnswerPart[] {
  const parts: AnswerPart[] = []
  for (const chunk of chunks) takeChunk(answer, parts, chunk)
  return parts
}

/** Choices beyond the first were not asked for. */
function takeChunk(answer: Answer, parts: AnswerPart[], chunk: ChatCompletionChunk): void {
  if (typeof chunk !== 'object' || chunk === null) throw new SyntaxError('A chunk is not an object.')
  const choice = chunk.choices?.[0]
  if (!choice) return
  const { content, refusal, tool_calls: calls } = choice.delta ?? {}
  if (typeof content === 'string' && content !== '') {
    answer.text += content
    const last = parts.at(-1)
    if (last && 'text' in last) last.text += content
    else parts.push({ text: content })
  }
  if (typeof refusal === 'string') answer.refusal += refusal
  for (const call of calls ?? []) parts.push({ toolCall: takeToolCall(answer.toolCalls, call) })
  if (choice.finish_reason) answer.finishReason = choice.finish_reason
  if (answer.text.length + answer.refusal.length > ANSWER_LENGTH_MAX) {
    throw new TreadleError('invalid_output', `The answer is longer than ${ANSWER_LENGTH_MAX} characters.`)
  }
}

type ToolCallDelta = ChatCompletionChunk.Choice.Delta.ToolCall

function takeToolCall(calls: ToolCall[], { index, id, function: piece }: ToolCallDelta): ToolCallPiece {
  if (!Number.isInteger(index) || index < 0 || index >= TOOL_CALLS_MAX || index > calls.length) {
    throw new SyntaxError(`A tool call has the index ${index}.`)
  }
  const call = calls[index] ?? { id: '', name: '', arguments: '' }
  calls[index] = call
  // The id comes whole, and from some servers with every piece; name and arguments grow.
  if (id) call.id = id
  if (piece?.name) call.name += piece.name
  call.arguments += piece?.arguments ?? ''
  if (call.arguments.length > ANSWER_LENGTH_MAX) {
    throw new TreadleError(
      'invalid_output',
      `The arguments of a tool call are longer than ${ANSWER_LENGTH_MAX} characters.`,
    )
  }
  return {
    index,
    ...(id && { id }),
    ...(piece?.name && { name: piece.name }),
    ...(piece?.arguments && { arguments: piece.arguments }),
  }
}

function usageOf({ prompt_tokens, completion_tokens, ...details }: OpenAI.CompletionUsage): Usage {
  const cached = details.prompt_tokens_details?.cached_tokens
  const reasoning = details.completion_tokens_details?.reasoning_tokens
  return {
    inputTokens: prompt_tokens,
    outputTokens: completion_tokens,
    ...(typeof cached === 'number' && { cachedInputTokens: cached }),
    ...(typeof reasoning === 'number' && { reasoningTokens: reasoning }),
  }
}
