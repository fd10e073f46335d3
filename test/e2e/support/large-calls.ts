import type { ScriptedTools } from '@treadle/local'

export const LETTERS = 'abcdef'

/** Of each letter another 40 KB: above what stands in a checkpoint itself. */
export const large = (letter: string) => letter.repeat(40_000)

/** A call for each letter, some after another and some at once, so that a worker dies with several of them at different steps. */
export const largeCalls = ({ url }: ScriptedTools) => ({
  ir: 'treadle/v1',
  name: 'calls',
  tools: {
    get: {
      kind: 'http',
      method: 'GET',
      url: `${url}/large/\${args.path}`,
      inputSchema: { type: 'object', required: ['path'], properties: { path: { type: 'string' } } },
    },
  },
  nodes: {
    items: {
      kind: 'map',
      over: JSON.stringify([...LETTERS]),
      maxItems: LETTERS.length,
      concurrency: 3,
      do: { kind: 'tool', tool: 'get', args: { path: '${item}' } },
    },
  },
  output: '${nodes.items}',
})

export function answerLargeCalls(tools: ScriptedTools): void {
  tools.when({ where: ({ path }) => path.startsWith('/large/') }, ({ path }) => ({ json: large(path.slice(-1)) }))
}
