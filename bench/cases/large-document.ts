/**
 * A document of so many nodes, as JSON: model calls, tool calls, values, decisions and events, each reading what came before. Those of
 * two `issue`s (below 676) share no expression, so that nothing is remembered from one to the other.
 */
export function largeDocument(count: number, issue = 0): string {
  const nodes: Record<string, unknown> = {}
  const idOf = (index: number) => `${letters(issue)}${String(index).padStart(5, '0')}`
  for (let index = 0; index < count; index += 1) nodes[idOf(index)] = nodeOf(index, idOf)
  return JSON.stringify({
    ir: 'treadle/v1',
    name: 'large',
    inputSchema: {
      type: 'object',
      required: ['text', 'who', 'n'],
      properties: { text: { type: 'string' }, who: { type: 'string' }, n: { type: 'integer' } },
    },
    models: { fast: { provider: 'openai', model: 'gpt-5-mini' } },
    tools: {
      lookup: {
        kind: 'http',
        url: 'https://example.com/lookup',
        query: { q: '${args.q}' },
        timeout: '5s',
        inputSchema: {
          type: 'object',
          required: ['q'],
          properties: { q: { type: 'string' }, n: { type: 'integer' } },
        },
        outputSchema: { type: 'object', required: ['tier'], properties: { tier: { type: 'string' } } },
      },
    },
    nodes,
  })
}

const letters = (issue: number): string => String.fromCharCode(97 + Math.trunc(issue / 26), 97 + (issue % 26))

function nodeOf(index: number, idOf: (index: number) => string): unknown {
  const before = idOf(index - 1)
  switch (index % 5) {
    case 0: {
      const read = index === 0 ? 'input.text' : `nodes.${before}`
      return { kind: 'llm', model: 'fast', prompt: `Summarise \${${read}} for \${input.who}, step ${index}` }
    }
    case 1:
      return { kind: 'tool', tool: 'lookup', args: { q: `\${input.who} ${index}`, n: `\${input.n + ${index}}` } }
    case 2: {
      const earlier = index > 10 ? `\${nodes.${idOf(index - 10)}}` : 1
      return { kind: 'set', value: { a: `\${nodes.${before}.tier}`, b: earlier, c: `text ${index}` } }
    }
    case 3:
      return {
        kind: 'switch',
        cases: [{ when: `nodes.${before}.a == "x${index}"`, do: { kind: 'set', value: index } }],
        else: { kind: 'set', value: '${input.n}' },
      }
    default:
      return { kind: 'emit', event: 'told', data: { v: `\${nodes.${before}}`, index } }
  }
}
