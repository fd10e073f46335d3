/** Documents that the tests post, as small as what they show. */

/** Asks nobody: its output is its input. */
export const ECHO = {
  ir: 'treadle/v1',
  name: 'echo',
  inputSchema: { type: 'object', properties: { text: { type: 'string' }, n: { type: 'integer' } } },
  nodes: { copy: { kind: 'set', value: '${input}' } },
  output: '${nodes.copy}',
}

/** Waits for a person. */
export const APPROVAL = {
  ir: 'treadle/v1',
  name: 'approval',
  nodes: {
    decision: {
      kind: 'receive',
      signal: 'approve',
      title: 'May it go on?',
      outputSchema: {
        type: 'object',
        required: ['ok'],
        additionalProperties: false,
        properties: { ok: { type: 'boolean' } },
      },
    },
  },
  output: '${nodes.decision}',
}
