import { planOf } from '@treadle/interpreter/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Engine, startEngine } from './support/engine.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.stop())

test('a run of the four plain kinds gives its output, and its log has one start and one end for each node', async () => {
  const plan = planOf({
    nodes: {
      ask: { kind: 'llm', prompt: '${input.question}' },
      kept: { kind: 'set', value: { answer: '${nodes.ask}' } },
      choice: {
        kind: 'switch',
        cases: [{ when: 'nodes.kept.answer == "yes"', do: { kind: 'tool', tool: 'look', args: { a: 1 } } }],
        else: { kind: 'set', value: 'no' },
      },
    },
    tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
    output: '${nodes.choice}',
  })
  const { handle, log } = await engine.start(plan, { input: { question: 'really?' }, work: ({ work }) => (work.kind === 'llm' ? 'yes' : { found: work }) })
  expect(await handle.result()).toEqual({ found: { kind: 'function', tool: 'look', name: 'look', args: { a: 1 } } })
  expect(log.lines()).toEqual([
    'run.started',
    'node.started ask',
    'node.completed ask',
    'node.started kept',
    'node.completed kept',
    'node.started choice',
    'node.started choice?0',
    'node.completed choice?0',
    'node.completed choice',
    'run.completed',
  ])
})
