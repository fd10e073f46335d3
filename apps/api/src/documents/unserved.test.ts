import { translate } from '@treadle/translator'
import { expect, test } from 'vitest'
import { unservedParts } from './unserved.ts'

test('what is executed passes', () => check({ kind: 'set', value: 1 }, []))
test('a function in TypeScript passes', () => check({ kind: 'tool', tool: 'fn', args: {} }, []))
test('an agent, a tool of an MCP server and a cache pass', () => {
  check({ kind: 'agent', model: 'fast', input: 'Hi', tools: ['fn', 'docs'], maxTurns: 2 }, [])
  check({ kind: 'tool', tool: 'docs.search', args: {} }, [])
  check({ kind: 'tool', tool: 'fn', args: {}, cache: { ttl: '1h' } }, [])
})
test('a function in a language without a worker is named', () =>
  check({ kind: 'tool', tool: 'py', args: {} }, ['/ir/nodes/n']))
test('an agent with such a function is named', () =>
  check({ kind: 'agent', model: 'fast', input: 'Hi', tools: ['fn', 'py'], maxTurns: 2 }, ['/ir/nodes/n']))
test('what is inside of a child run is named by its place in the whole document', () =>
  check({ kind: 'graph', nodes: { child: { kind: 'run', workflow: CHILD, input: {} } } }, [
    '/ir/nodes/n/nodes/child/workflow/nodes/two',
  ]))

const CHILD = {
  ir: 'treadle/v1',
  name: 'child',
  tools: { py: { kind: 'function', name: 'py', runtime: 'python' } },
  nodes: { one: { kind: 'set', value: 1 }, two: { kind: 'tool', tool: 'py', args: {} } },
}

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
