import { type CodeRow, document, MODEL } from '../code-row.ts'

const WRITE = (params: string) =>
  document(
    `models:\n  fast: { provider: openai, model: gpt-5-mini${params} }\nlimits: { tokens: 10000 }\nnodes:\n  a: { kind: llm, model: fast, prompt: Hello }`,
  )

/** Findings of bounds and limits. */
export const BOUND_CODES = {
  'missing-bound': {
    severity: 'error',
    title: 'Nothing bounds the map',
    explanation: 'Every run is bounded. A `map` needs `maxItems`, unless the schema that its list comes from has one.',
    hint: 'add "maxItems" to the map, or to the schema of the list',
    wrong: document(
      'inputSchema: { type: array }\nnodes:\n  a: { kind: map, over: input, do: { kind: set, value: "${item}" } }',
    ),
    at: '/nodes/a',
    right: document(
      'inputSchema: { type: array, maxItems: 10 }\nnodes:\n  a: { kind: map, over: input, do: { kind: set, value: "${item}" } }',
    ),
  },
  'limit-too-small': {
    severity: 'error',
    title: 'The limit is below the least that a run needs',
    explanation:
      'Even the shortest run of this document passes the limit, so every run would end with `budget_exceeded`.',
    hint: 'raise the limit, or make the document smaller',
    wrong: document(
      `${MODEL}limits: { llmCalls: 1 }\nnodes:\n  a: { kind: llm, model: fast, prompt: Hello }\n  b: { kind: llm, model: fast, prompt: Hello }`,
    ),
    at: '/limits/llmCalls',
    right: document(
      `${MODEL}limits: { llmCalls: 2 }\nnodes:\n  a: { kind: llm, model: fast, prompt: Hello }\n  b: { kind: llm, model: fast, prompt: Hello }`,
    ),
  },
  'unbounded-tokens': {
    severity: 'error',
    title: 'Nothing caps the tokens of an answer',
    explanation:
      'Where `tokens` or `costUsd` is limited, the most of each call is reserved before it: so the node, its model, or the table of models has to say how many tokens an answer can have.',
    hint: 'add `params: { maxTokens: … }` to the node or to its model',
    wrong: WRITE(''),
    at: '/nodes/a',
    right: WRITE(', params: { maxTokens: 500 }'),
    options: { models: {} },
  },
  'no-price': {
    severity: 'error',
    title: 'The model has no price',
    explanation:
      'Where `costUsd` is limited, the most that each call can cost is reserved before it: so the table of prices has to have the model.',
    hint: 'add the model to the table of prices, or limit `tokens` instead',
    wrong: document(
      'models:\n  fast: { provider: openai, model: my-own, params: { maxTokens: 100 } }\nlimits: { costUsd: 1 }\nnodes:\n  a: { kind: llm, model: fast, prompt: Hello }',
    ),
    at: '/models/fast/model',
    right: document(
      'models:\n  fast: { provider: openai, model: gpt-5-mini, params: { maxTokens: 100 } }\nlimits: { costUsd: 1 }\nnodes:\n  a: { kind: llm, model: fast, prompt: Hello }',
    ),
    options: { models: { 'gpt-5-mini': { inputPrice: 0.25, outputPrice: 2 } } },
  },
  'wait-too-long': {
    severity: 'error',
    title: 'It waits longer than a run may take',
    explanation: 'A `wait` or `receive` is longer than the time after which the deployment ends a run.',
    hint: 'make it shorter, or split the workflow where it waits',
    wrong: document('nodes:\n  a: { kind: wait, for: 40d }'),
    at: '/nodes/a/for',
    right: document('nodes:\n  a: { kind: wait, for: 20d }'),
    options: { limits: { executionTimeoutMs: 30 * 86_400_000 } },
  },
  'plan-too-large': {
    severity: 'error',
    title: 'The plan is too large',
    explanation:
      'The compiled plan travels with the workflow by value, so it may have 1 MiB. Texts above 16 KiB do not count: they are stored, and named in it.',
    hint: 'move a part into a workflow of its own and `run` it',
    wrong: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: 2 }'),
    at: '',
    right: document('nodes:\n  a: { kind: set, value: 1 }'),
    options: { limits: { planBytes: 350 } },
  },
} as const satisfies Record<string, CodeRow>
