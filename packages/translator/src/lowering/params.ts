import type { IrParams } from '@treadle/contract'

/** Our names of parameters, and the provider's. `maxTokens` is not among them: it is a bound, and stands in the plan by itself. */
const PROVIDER_NAMES = {
  temperature: 'temperature',
  topP: 'top_p',
  stop: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  reasoningEffort: 'reasoning_effort',
} as const satisfies Partial<Record<keyof IrParams, string>>

/** The parameters as the provider takes them, and the most tokens of an answer. Empty where nothing is said. */
export function lowerParams(params: IrParams | undefined): {
  params?: Record<string, unknown>
  maxOutputTokens?: number
} {
  if (!params) return {}
  const lowered: Record<string, unknown> = { ...params.extra }
  for (const [name, theirs] of Object.entries(PROVIDER_NAMES)) {
    const value = params[name as keyof typeof PROVIDER_NAMES]
    if (value !== undefined) lowered[theirs] = value
  }
  return {
    ...(Object.keys(lowered).length > 0 ? { params: lowered } : {}),
    ...(params.maxTokens === undefined ? {} : { maxOutputTokens: params.maxTokens }),
  }
}
