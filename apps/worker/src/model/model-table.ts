import { readFileSync } from 'node:fs'
import type { Usage } from '@treadle/contract'

/** What is known of a model beside its name. Prices in US dollars for a million tokens. */
export type ModelFacts = {
  maxOutputTokens?: number
  inputPrice?: number
  /** Of input that the provider had cached. Default: `inputPrice`. */
  cachedInputPrice?: number
  outputPrice?: number
}

/** By the provider's name of the model. */
export type ModelTable = Record<string, ModelFacts>

const FIELDS = ['maxOutputTokens', 'inputPrice', 'cachedInputPrice', 'outputPrice'] as const

/** `text` is the table as JSON, or the path of a file that holds it. @throws Error that completes "TREADLE_MODELS …". */
export function parseModelTable(text: string): ModelTable {
  const table: unknown = parse(text.startsWith('{') ? text : read(text))
  if (!isRecord(table))
    throw new Error('has to be an object: model name → { maxOutputTokens, inputPrice, outputPrice }')
  for (const [model, facts] of Object.entries(table)) checkFacts(model, facts)
  return table as ModelTable
}

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

function checkFacts(model: string, facts: unknown): void {
  if (!isRecord(facts)) throw new Error(`has no object for "${model}"`)
  for (const [field, value] of Object.entries(facts)) {
    if (!FIELDS.some((known) => known === field)) {
      throw new Error(`has an unknown field "${field}" for "${model}"; known are ${FIELDS.join(', ')}`)
    }
    if (typeof value !== 'number' || !(value >= 0)) throw new Error(`has no number for "${field}" of "${model}"`)
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`is neither JSON nor a file that can be read (${(error as NodeJS.ErrnoException).code ?? error})`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('is not JSON')
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
