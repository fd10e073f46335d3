import type { Usage } from '@treadle/contract'
import type { ModelFacts } from '@treadle/contract/settings'

/** US dollars of a usage; undefined where the model has no price. */
export function costOf(facts: ModelFacts | undefined, usage: Usage): number | undefined {
  if (facts?.inputPrice === undefined || facts.outputPrice === undefined) return undefined
  const cached = usage.cachedInputTokens ?? 0
  const fresh = (usage.inputTokens ?? 0) - cached
  const cachedPrice = facts.cachedInputPrice ?? facts.inputPrice
  const dollars = fresh * facts.inputPrice + cached * cachedPrice + (usage.outputTokens ?? 0) * facts.outputPrice
  // To a hundred-millionth of a dollar: sums stay free of the noise of binary fractions.
  return Math.round(dollars * 100) / 1e8
}
