import type { Usage } from '@treadle/contract'
import type { ModelFacts } from '@treadle/contract/settings'
import type { CallBounds } from '@treadle/storage'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import { costOf } from './cost-of.ts'

/** What a request may take at most (docs/worker-protocol.md, Budgets): its size and the longest answer, in tokens and in US dollars. */
export function boundsOf(request: ChatCompletionCreateParamsStreaming, facts: ModelFacts = {}): CallBounds {
  const requestTokens = tokensOf(Buffer.byteLength(JSON.stringify(request)))
  const longest = request.max_completion_tokens ?? request.max_tokens ?? facts.maxOutputTokens
  const answerTokens = longest === undefined ? undefined : longest * (request.n ?? 1)
  return {
    requestTokens,
    answerTokens,
    requestUsd: costOf(facts, { inputTokens: requestTokens }),
    answerUsd: answerTokens === undefined ? undefined : costOf(facts, { outputTokens: answerTokens }),
  }
}

/** How a request went: `usage` as far as the model reported it, the bytes of text that came, and whether it failed before anything did. */
export type CallEnd = { usage: Usage; receivedBytes: number; isUnused: boolean }

/** What a request took: as the model reported it, or, where an answer broke off before that, by its size. */
export function usedBy({ usage, receivedBytes, isUnused }: CallEnd, { requestTokens }: CallBounds, facts?: ModelFacts) {
  const { inputTokens, outputTokens } = usage
  if (inputTokens !== undefined || outputTokens !== undefined)
    return { tokens: (inputTokens ?? 0) + (outputTokens ?? 0), usd: costOf(facts, usage) }
  if (isUnused) return { tokens: 0, usd: undefined }
  const estimate = { inputTokens: requestTokens, outputTokens: tokensOf(receivedBytes) }
  return { tokens: estimate.inputTokens + estimate.outputTokens, usd: costOf(facts, estimate) }
}

/** More than any text takes, whatever its language. */
const tokensOf = (bytes: number) => Math.ceil(bytes / 2)
