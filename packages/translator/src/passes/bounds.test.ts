import { expect, test } from 'vitest'
import { yaml } from '../testing/check.ts'
import { MODELS } from '../testing/examples.ts'
import { translate } from '../translate.ts'

const LLM = '{ kind: llm, model: fast, prompt: Hello }'
const HEAD =
  'models: { fast: { provider: openai, model: gpt-5-mini, params: { maxTokens: 100 } } }\ninputSchema: { type: object, required: [b, l], properties: { b: { type: boolean }, l: { type: array, maxItems: 7 } } }\n'

/** Five attempts are the most that the table of errors gives. */
test.each([
  [`a: ${LLM}`, 'nodeRuns 1–1 llmCalls 1–5'],
  ['a: { kind: llm, model: fast, prompt: Hello, retry: { maxAttempts: 2 } }', 'nodeRuns 1–1 llmCalls 1–2'],
  ['a: { kind: llm, model: fast, prompt: Hello, outputSchema: { type: object } }', 'nodeRuns 1–1 llmCalls 1–10'],
  ['a: { kind: llm, model: fast, prompt: Hello, when: input.b }', 'nodeRuns 0–1 llmCalls 0–5'],
  ['a: { kind: llm, model: fast, prompt: Hello, cache: { ttl: 1h } }', 'nodeRuns 1–1 llmCalls 0–5'],
  [`a: { kind: switch, cases: [{ when: input.b, do: ${LLM} }] }`, 'nodeRuns 1–2 llmCalls 0–5'],
  [`a: { kind: switch, cases: [{ when: input.b, do: ${LLM} }], else: ${LLM} }`, 'nodeRuns 2–2 llmCalls 1–5'],
  [`a: { kind: map, over: input.l, do: ${LLM} }`, 'nodeRuns 1–8 llmCalls 0–35'],
  [`a: { kind: map, over: input.l, maxItems: 3, do: ${LLM} }`, 'nodeRuns 1–4 llmCalls 0–15'],
  [`a: { kind: loop, max: 4, do: ${LLM} }`, 'nodeRuns 5–5 llmCalls 4–20'],
  [`a: { kind: loop, max: 4, until: input.b, do: ${LLM} }`, 'nodeRuns 2–5 llmCalls 1–20'],
  [
    `a: { kind: machine, start: s, max: 3, states: { s: { do: ${LLM}, next: [{ to: s }] } } }`,
    'nodeRuns 2–5 llmCalls 1–20',
  ],
  [`a: { kind: graph, nodes: { b: ${LLM}, c: ${LLM} } }`, 'nodeRuns 3–3 llmCalls 2–10'],
  [
    `a: { kind: graph, nodes: { b: ${LLM}, c: ${LLM} }, catch: [{ on: "*", do: { kind: set, value: 1 } }] }`,
    'nodeRuns 2–4 llmCalls 0–10',
  ],
  ['a: { kind: agent, model: fast, maxTurns: 3, retry: { maxAttempts: 1 } }', 'nodeRuns 1–1 llmCalls 1–3'],
  [
    `a: { kind: run, workflow: { ir: treadle/v1, name: child, models: { fast: { provider: openai, model: m } }, nodes: { b: ${LLM} } } }`,
    'nodeRuns 2–2 llmCalls 1–5',
  ],
  ['a: { kind: run, workflow: "child@1" }', 'nodeRuns 1–? llmCalls 0–?'],
])('%s', (node, expected) => {
  const { bounds, diagnostics } = translate(yaml(`${HEAD}nodes:\n  ${node}`), { models: MODELS })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const shown = (['nodeRuns', 'llmCalls'] as const).map((key) => {
    const range = bounds?.[key]
    return `${key} ${range?.least}–${range?.most ?? '?'}`
  })
  expect(shown.join(' ')).toBe(expected)
})

test('tokens and cost are known where caps, prices and requests are', () => {
  const of = (prompt: string) =>
    translate(yaml(`${HEAD}nodes:\n  a: { kind: llm, model: fast, prompt: "${prompt}", retry: { maxAttempts: 1 } }`), {
      models: MODELS,
    }).bounds
  expect(of('Hello')?.outputTokens).toEqual({ least: 0, most: 100 })
  // 5 bytes and 16 tokens of frame at 0.25, 100 tokens at 2 dollars for a million.
  expect(of('Hello')?.costUsd.most).toBeCloseTo((21 * 0.25 + 100 * 2) / 1e6, 12)
  expect(of('${input.l}')?.costUsd.most).toBeNull()
})

test('a plan that can pass what one history holds is marked', () => {
  const of = (max: number) =>
    translate(yaml(`nodes:\n  a: { kind: loop, max: ${max}, do: { kind: wait, for: 1s } }`)).plan
  expect(of(10)?.longRunning).toBe(false)
  expect(of(2000)?.longRunning).toBe(true)
})
