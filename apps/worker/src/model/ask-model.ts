import { type PlanModel, TreadleError } from '@treadle/contract'
import type { WorkContext } from '../work/work.ts'
import type { ChatClients } from './chat-client.ts'
import { type ChatRequestParts, chatRequest } from './chat-request.ts'
import { costOf, type ModelTable } from './model-table.ts'
import { type Answer, streamAnswer } from './stream-answer.ts'

/** One call of a model whose text goes onto the stream, and whose usage and price are counted. Its answer is complete. */
export type AskModel = (request: ChatRequestParts, context: WorkContext) => Promise<Answer>

export type AskModelParts = { clients: ChatClients; models: ModelTable }

export function createAskModel({ clients, models }: AskModelParts): AskModel {
  return async (request, context) => {
    const client = await clients.clientFor(request.model)
    const facts = models[request.model.model]
    const answer = await streamAnswer(client, chatRequest(request), {
      signal: context.signal,
      onPart: (part) => ('text' in part ? context.emitText(part.text) : context.emit('node.delta', part)),
      onUsage(usage) {
        const costUsd = costOf(facts, usage)
        context.usage.add({ ...usage, ...(costUsd !== undefined && { costUsd }) })
      },
    })
    refuseUnfinished(answer, request.model)
    return answer
  }
}

/** @throws TreadleError where the model declined, or was cut off at its limit. */
function refuseUnfinished({ refusal, text, finishReason }: Answer, model: PlanModel): void {
  if (refusal !== '') throw new TreadleError('refused', `The model refused to answer: ${refusal}`)
  if (finishReason === 'content_filter') {
    throw new TreadleError('refused', 'The provider’s content filter stopped the answer.')
  }
  if (finishReason === 'length') {
    const limit = model.maxOutputTokens === undefined ? '' : ` of ${model.maxOutputTokens}`
    throw new TreadleError(
      'invalid_output',
      `The answer was cut off at its limit${limit} tokens, after ${text.length} characters: raise maxTokens, or ask for less.`,
    )
  }
}
