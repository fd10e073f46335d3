import type { Usage } from '@treadle/contract'
import type { SpanOptions } from '@treadle/telemetry'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import type { WorkContext } from '../work/work.ts'

type Request = Pick<
  ChatCompletionCreateParamsStreaming,
  'model' | 'max_completion_tokens' | 'temperature' | 'top_p' | 'seed'
>

/** One request to a model in the words of the GenAI semantic conventions. Neither what is asked nor what is answered is in it. */
export const chatSpan = (request: Request, { run, path }: Pick<WorkContext, 'run' | 'path'>): SpanOptions => ({
  kind: 'client',
  parent: run.traceparent,
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': request.model,
    'gen_ai.request.max_tokens': request.max_completion_tokens ?? undefined,
    'gen_ai.request.temperature': request.temperature ?? undefined,
    'gen_ai.request.top_p': request.top_p ?? undefined,
    'gen_ai.request.seed': request.seed ?? undefined,
    'gen_ai.conversation.id': run.id,
    'treadle.node.path': path,
  },
})

export const usageAttributes = ({ inputTokens, outputTokens, cachedInputTokens }: Usage) => ({
  'gen_ai.usage.input_tokens': inputTokens,
  'gen_ai.usage.output_tokens': outputTokens,
  'gen_ai.usage.cache_read.input_tokens': cachedInputTokens,
})
