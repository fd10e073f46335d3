import { readFileSync } from 'node:fs'

/** What is known of a model beside its name. Prices in US dollars for a million tokens. */
export type ModelFacts = {
  /** The most tokens of one answer. */
  maxOutputTokens?: number
  inputPrice?: number
  /** Of input that the provider had cached. Default: `inputPrice`. */
  cachedInputPrice?: number
  outputPrice?: number
}

/** By the provider's name of the model. */
export type ModelTable = Record<string, ModelFacts>

const FIELDS = ['maxOutputTokens', 'inputPrice', 'cachedInputPrice', 'outputPrice'] as const

/**
 * Reads `TREADLE_MODELS`, which API and workers are given alike: the table as JSON, or the path of a file that holds it.
 * @throws Error that ends the sentence “TREADLE_MODELS …”
 */
export function parseModelTable(text: string): ModelTable {
  const table = jsonOrFile(text)
  if (!isRecord(table))
    throw new Error('has to be an object: model name → { maxOutputTokens, inputPrice, outputPrice }')
  for (const [model, facts] of Object.entries(table)) checkFacts(model, facts)
  return table as ModelTable
}

function checkFacts(model: string, facts: unknown): void {
  if (!isRecord(facts)) throw new Error(`has no object for "${model}"`)
  for (const [field, value] of Object.entries(facts)) {
    if (!FIELDS.some((known) => known === field)) {
      throw new Error(`has an unknown field "${field}" for "${model}"; known are ${FIELDS.join(', ')}`)
    }
    if (typeof value !== 'number' || !(value >= 0)) throw new Error(`has no number for "${field}" of "${model}"`)
  }
}

/** A setting that is JSON, or the path of a file of it. @throws Error that ends a sentence which the variable's name begins */
export function jsonOrFile(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('{') ? text : readFileSync(text, 'utf8'))
  } catch (error) {
    throw new Error(`is neither JSON nor a file of it (${(error as NodeJS.ErrnoException).code ?? 'not JSON'})`)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
