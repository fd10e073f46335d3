import { translate } from '@treadle/translator'
import { expect, test } from 'vitest'
import { unservedParts } from './unserved.ts'

test('what is executed passes', () => check({ kind: 'set', value: 1 }, []))
test('a function in TypeScript passes', () => check({ kind: 'tool', tool: 'fn', args: {} }, []))
test('an agent is named by its place', () =>
  check({ kind: 'agent', model: 'fast', instructions: 'Help.', input: 'Hi', maxTurns: 2 }, ['/ir/nodes/n']))
test('a tool of an MCP server is named', () => check({ kind: 'tool', tool: 'docs.search', args: {} }, ['/ir/nodes/n']))
test('a function in a language without a worker is named', () =>
  check({ kind: 'tool', tool: 'py', args: {} }, ['/ir/nodes/n']))
test('a child run is named, also inside of a container', () =>
  check({ kind: 'graph', nodes: { child: { kind: 'run', workflow: CHILD, input: {} } } }, ['/ir/nodes/n/nodes/child']))
test('a cache is named', () => check({ kind: 'tool', tool: 'fn', args: {}, cache: { ttl: '1h' } }, ['/ir/nodes/n']))

const CHILD = { ir: 'treadle/v1', name: 'child', nodes: { one: { kind: 'set', value: 1 } } }

function check(node: object, places: string[]) {
  const { plan, diagnostics } = translate({
    ir: 'treadle/v1',
    name: 'unserved',
    models: { fast: { provider: 'openai', model: 'gpt-5-mini' } },
    tools: {
      fn: { kind: 'function', name: 'fn' },
      py: { kind: 'function', name: 'py', runtime: 'python' },
      docs: { kind: 'mcp', server: 'http://127.0.0.1:1/mcp' },
    },
    nodes: { n: node },
  })
  if (!plan) throw new Error(JSON.stringify(diagnostics))
  expect(unservedParts(plan).map(({ path }) => path)).toEqual(places)
}
