/** A document of so many nodes, as JSON: model calls, tool calls, values, decisions and events, each reading what came before. */
export function largeDocument(count: number): string {
  const nodes: Record<string, unknown> = {}
  for (let index = 0; index < count; index += 1) nodes[idOf(index)] = nodeOf(index)
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

const idOf = (index: number): string => `n${String(index).padStart(5, '0')}`

function nodeOf(index: number): unknown {
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
