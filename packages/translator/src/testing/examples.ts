import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('../../../../examples/', import.meta.url)

/** The documents of examples/, as texts. */
export const EXAMPLES = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }))

/** The input that goes with an example. */
export function inputOf(name: string): unknown {
  const file = name === 'first-run.yaml' ? 'first-run.input.json' : `inputs/${name.replace('.yaml', '.json')}`
  return JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
}

/** A table of models that has those of the examples. */
export const MODELS = {
  'gpt-5': { maxOutputTokens: 128_000, inputPrice: 1.25, outputPrice: 10 },
  'gpt-5-mini': { maxOutputTokens: 128_000, inputPrice: 0.25, outputPrice: 2 },
}
