/** Documents of the end-to-end tests. */

const HEAD = { ir: 'treadle/v1', models: { fast: { provider: 'openai', model: 'scripted' } } }

/** One answer of the model. */
export const ASK = {
  ...HEAD,
  name: 'ask',
  nodes: { answer: { kind: 'llm', model: 'fast', prompt: 'Question: ${input.question}' } },
}

/** A person between two answers of the model. */
export const REVIEW = {
  ...HEAD,
  name: 'review',
  nodes: {
    draft: { kind: 'llm', model: 'fast', prompt: 'Draft' },
    approval: {
      kind: 'receive',
      signal: 'approve',
      title: 'Send it?',
      after: ['draft'],
      outputSchema: {
        type: 'object',
        required: ['ok'],
        additionalProperties: false,
        properties: { ok: { type: 'boolean' } },
      },
    },
  },
  output: { draft: '${nodes.draft}', ok: '${nodes.approval.ok}' },
}

/** Waits for a person, and does nothing else. */
export const WAIT = {
  ir: 'treadle/v1',
  name: 'wait',
  nodes: { decision: { kind: 'receive', signal: 'approve' } },
  output: '${nodes.decision}',
}

/** Computed in the workflow alone. */
export const ECHO = {
  ir: 'treadle/v1',
  name: 'echo',
  nodes: { copy: { kind: 'set', value: '${input}' } },
  output: '${nodes.copy}',
}
