import { type PlanModel, TreadleError, type Usage } from '@treadle/contract'
import type { ModelTable } from '@treadle/contract/settings'
import type { Tracing } from '@treadle/telemetry'
import type { WorkContext } from '../work/work.ts'
import { boundsOf, usedBy } from './call-cost.ts'
import type { ChatClients } from './chat-client.ts'
import { type ChatRequestParts, chatRequest } from './chat-request.ts'
import { chatSpan, usageAttributes } from './chat-span.ts'
import { costOf } from './cost-of.ts'
import { type Answer, type AnswerPart, streamAnswer } from './stream-answer.ts'
import { createToolNames, type ToolNames } from './tool-names.ts'

/**
 * One call of a model whose text goes onto the stream, and whose usage and price are counted: against the run's budget before it is made,
 * and as they are once it is over. Its answer is complete. Every request to a model goes out here.
 */
export type AskModel = (request: ChatRequestParts, context: WorkContext) => Promise<Answer>

export type AskModelParts = { clients: ChatClients; models: ModelTable; tracing?: Tracing | undefined }

export function createAskModel({ clients, models, tracing }: AskModelParts): AskModel {
  return async ({ model, ...parts }, context) => {
    const client = await clients.clientFor(model, context.run)
    const facts = models[model.model]
    const names = createToolNames((parts.tools ?? []).map(({ name }) => name))
    const request = chatRequest({ model, ...parts }, names)
    const bounds = () => boundsOf(request, facts)
    const settle = await context.budget.reserve(bounds)
    const span = tracing?.start(`chat ${model.model}`, chatSpan(request, context))
    let receivedBytes = 0
    let usage: Usage = {}
    let answer: Answer | undefined
    try {
      answer = await streamAnswer(client, request, {
        signal: context.signal,
        onPart: (part) => {
          receivedBytes += bytesOf(part)
          return 'text' in part ? context.emitText(part.text) : context.emitToolCall(named(part.toolCall, names))
        },
        onUsage(reported) {
          usage = reported
          span?.set(usageAttributes(usage))
          const costUsd = costOf(facts, usage)
          context.usage.add({ ...usage, ...(costUsd !== undefined && { costUsd }) })
        },
      })
      span?.set({ 'gen_ai.response.finish_reasons': [answer.finishReason] })
      span?.end()
    } finally {
      span?.end('error') // Of one that has ended already nothing is changed.
      const isUnused = answer === undefined && receivedBytes === 0 && !context.signal.aborted
      await settle(() => usedBy({ usage, receivedBytes, isUnused }, bounds(), facts))
    }
    refuseUnfinished(answer, model)
    return { ...answer, toolCalls: answer.toolCalls.map((call) => named(call, names)) }
  }
}

/** What is counted of an answer that breaks off: what the model wrote, and not how the protocol wraps it. */
const bytesOf = (part: AnswerPart): number =>
  'text' in part
    ? Buffer.byteLength(part.text)
    : Buffer.byteLength(`${part.toolCall.id ?? ''}${part.toolCall.name ?? ''}${part.toolCall.arguments ?? ''}`)

/** The call by the tool's own name; a piece of one need not say it. */
const named = <Call extends { name?: string }>(call: Call, names: ToolNames): Call =>
  call.name === undefined ? call : { ...call, name: names.fromWire(call.name) }

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
