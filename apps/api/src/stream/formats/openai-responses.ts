import type { ErrorInfo, EventEnvelope, Usage } from '@treadle/contract'
import type {
  Response,
  ResponseFunctionToolCallItem,
  ResponseOutputMessage,
  ResponseOutputText,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses'
import type { Encoder } from './encoder.ts'
import { createOutputs, type Output, type OutputChange } from './outputs.ts'

type Numbered = { sequence_number: number }
/** Before it gets its number. */
type Unnumbered = ResponseStreamEvent extends infer Event
  ? Event extends Numbered
    ? Omit<Event, 'sequence_number'>
    : never
  : never

/**
 * The log as the events of OpenAI's Responses API: a run is a response, what a model says an output item. What the protocol has no event
 * for is left out. An item whose attempt ended without a result ends as `incomplete`, and is not part of the response in the end.
 */
export function createOpenaiResponsesEncoder(): Encoder {
  const outputs = createOutputs()
  let sequenceNumber = 0
  let head = { id: '', created_at: 0, model: '' }

  return (event) => {
    const said = [...outputs.take(event).flatMap(ofChange), ...ofEvent(event)]
    return said.map((data) => {
      const numbered = { ...data, sequence_number: sequenceNumber } as ResponseStreamEvent
      sequenceNumber += 1
      return { name: data.type, data: numbered }
    })
  }

  function ofEvent({ type, runId, time, data }: EventEnvelope): Unnumbered[] {
    switch (type) {
      case 'run.created':
        head = { id: runId, created_at: Math.floor(Date.parse(time) / 1_000), model: String(data.workflow) }
        return [{ type: 'response.created', response: response({ status: 'queued' }) }]
      case 'run.started':
        return [{ type: 'response.in_progress', response: response({ status: 'in_progress' }) }]
      case 'run.completed':
        return [{ type: 'response.completed', response: response({ status: 'completed', ...ended(data) }) }]
      case 'run.failed': {
        const error = { code: 'server_error' as const, message: (data.error as ErrorInfo).message }
        return [{ type: 'response.failed', response: response({ status: 'failed', error, ...ended(data) }) }]
      }
      case 'run.cancelled': {
        const message = typeof data.reason === 'string' ? data.reason : 'The run was cancelled.'
        const error = { code: 'server_error' as const, message }
        return [{ type: 'response.failed', response: response({ status: 'cancelled', error, ...ended(data) }) }]
      }
      default:
        return []
    }
  }

  function response(more: Partial<Response> & Pick<Response, 'status'>): Response {
    return {
      ...head,
      object: 'response',
      error: null,
      incomplete_details: null,
      instructions: null,
      metadata: null,
      output: [],
      output_text: '',
      parallel_tool_calls: true,
      temperature: null,
      tool_choice: 'auto',
      tools: [],
      top_p: null,
      ...more,
    }
  }

  function ended({ usage }: EventEnvelope['data']) {
    const whole = outputs.all.filter(({ end }) => end === 'whole')
    return {
      output: whole.map((output) => itemOf(output, 'completed')),
      output_text: whole.flatMap(({ kind, text }) => (kind === 'text' ? [text] : [])).join(''),
      ...(usage !== undefined && { usage: usageOf(usage as Usage) }),
    }
  }
}

function ofChange(change: OutputChange): Unnumbered[] {
  const { output } = change
  const at = { item_id: output.id, output_index: output.index }
  const text = { ...at, content_index: 0 }
  if (change.change === 'begin') {
    const added = {
      type: 'response.output_item.added',
      output_index: output.index,
      item: itemOf(output, 'in_progress'),
    } as const
    return output.kind === 'call'
      ? [added]
      : [added, { type: 'response.content_part.added', ...text, part: partOf('') }]
  }
  if (change.change === 'more') {
    return output.kind === 'call'
      ? [{ type: 'response.function_call_arguments.delta', ...at, delta: change.text }]
      : [{ type: 'response.output_text.delta', ...text, delta: change.text, logprobs: [] }]
  }
  const item = itemOf(output, output.end === 'whole' ? 'completed' : 'incomplete')
  const done = { type: 'response.output_item.done', output_index: output.index, item } as const
  if (output.kind === 'call') {
    const name = output.call?.name ?? ''
    return [{ type: 'response.function_call_arguments.done', ...at, name, arguments: output.text }, done]
  }
  return [
    { type: 'response.output_text.done', ...text, text: output.text, logprobs: [] },
    { type: 'response.content_part.done', ...text, part: partOf(output.text) },
    done,
  ]
}

/** While it is in progress an item is shown without what is to come. */
function itemOf(
  { kind, id, text, call }: Output,
  status: 'in_progress' | 'completed' | 'incomplete',
): ResponseOutputMessage | ResponseFunctionToolCallItem {
  const isBegun = status !== 'in_progress'
  if (kind === 'call') {
    const { name = '', callId = id } = call ?? {}
    return { type: 'function_call', id, call_id: callId, name, arguments: isBegun ? text : '', status }
  }
  return { type: 'message', id, role: 'assistant', status, content: isBegun ? [partOf(text)] : [] }
}

const partOf = (text: string): ResponseOutputText => ({ type: 'output_text', text, annotations: [] })

function usageOf({
  inputTokens = 0,
  outputTokens = 0,
  cachedInputTokens = 0,
  reasoningTokens = 0,
}: Usage): ResponseUsage {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: cachedInputTokens },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: reasoningTokens },
    total_tokens: inputTokens + outputTokens,
  }
}
