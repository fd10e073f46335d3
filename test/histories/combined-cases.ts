import { planOf } from '@treadle/interpreter/testing'
import type { HistoryCase } from './cases.ts'

const llm = { kind: 'llm' } as const
const set = (value: unknown) => ({ kind: 'set', value }) as const
const receive = (signal: string, more: object = {}) => ({ kind: 'receive', signal, ...more }) as const
const f = { f: { kind: 'function', name: 'f', runtime: 'typescript' } }
const tool = (args: object = {}, more: object = {}) => ({ kind: 'tool', tool: 'f', args, ...more }) as const
const oneCall = (name: string) => ({ toolCalls: [{ id: '1', name, arguments: '{}' }] })

/** What kinds of nodes do inside of each other, and where they go wrong. */
export const COMBINED: HistoryCase[] = [
  {
    name: 'agent-whose-model-fails',
    document: { nodes: { a: { kind: 'agent', maxTurns: 2 } } },
    refused: ['a~0.model'],
  },
  {
    name: 'agent-out-of-turns',
    document: { tools: f, nodes: { a: { kind: 'agent', tools: ['f'], maxTurns: 1 } } },
    answers: { 'a~0.model': oneCall('f') },
  },
  {
    name: 'agent-whose-tool-fails',
    document: { tools: f, nodes: { a: { kind: 'agent', tools: ['f'], maxTurns: 3 } } },
    answers: { 'a~0.model': oneCall('f'), 'a~1.model': { output: 'done' } },
    refused: ['a~0.tool[0]'],
  },
  {
    name: 'agents-in-a-map',
    document: {
      tools: f,
      nodes: { m: { kind: 'map', over: '[1, 2]', do: { kind: 'agent', tools: ['f'], maxTurns: 2 } } },
    },
    answers: {
      'm[0]~0.model': oneCall('f'),
      'm[0]~1.model': { output: 'one' },
      'm[1]~0.model': { output: 'two' },
    },
  },
  {
    name: 'agent-cancelled-at-an-approval',
    document: { tools: f, nodes: { a: { kind: 'agent', tools: ['f'], approve: ['f'], maxTurns: 2 } } },
    answers: { 'a~0.model': oneCall('f') },
    cancelAt: 'a~0.tool[0].approve',
  },
  {
    name: 'graphs-in-a-graph',
    document: {
      nodes: {
        g: {
          kind: 'graph',
          nodes: {
            h: { kind: 'graph', nodes: { a: llm, b: { ...llm, prompt: '${nodes.a}' } }, output: '${nodes.b}' },
            c: { ...llm, prompt: '${nodes.h}' },
          },
        },
        d: { ...llm, after: ['g'] },
      },
    },
  },
  {
    name: 'map-of-nothing',
    document: { nodes: { m: { kind: 'map', over: '[]', do: llm }, a: { ...llm, after: ['m'] } } },
  },
  {
    name: 'map-one-at-a-time',
    document: { nodes: { m: { kind: 'map', over: '[1, 2, 3]', concurrency: 1, do: llm } } },
  },
  {
    name: 'map-that-fails',
    document: {
      nodes: { m: { kind: 'map', over: '[1, 2, 3]', do: { nodes: { a: llm, w: { kind: 'wait', forMs: 60_000 } } } } },
    },
    refused: ['m[1].a'],
  },
  {
    name: 'map-of-maps',
    document: { nodes: { m: { kind: 'map', over: '[[1, 2], [3]]', do: { kind: 'map', over: 'item', do: llm } } } },
  },
  {
    name: 'map-of-receives',
    document: { nodes: { m: { kind: 'map', over: '[1, 2]', do: receive('go') } } },
    signals: [
      { name: 'go', node: 'm[1]', payload: 'second' },
      { name: 'go', payload: 'first' },
    ],
  },
  {
    name: 'map-of-runs',
    document: {
      nodes: {
        m: { kind: 'map', over: '[1, 2]', do: { kind: 'run', workflow: { plan: planOf({ nodes: { a: llm } }) } } },
      },
    },
  },
  {
    name: 'map-that-is-cancelled',
    document: { nodes: { m: { kind: 'map', over: '[1, 2]', do: receive('go') } } },
    cancelAt: 'm[1]',
  },
  {
    name: 'map-in-a-loop',
    document: { nodes: { l: { kind: 'loop', max: 2, do: { kind: 'map', over: '[1, 2]', do: llm } } } },
  },
  { name: 'loop-once', document: { nodes: { l: { kind: 'loop', do: llm, until: 'true', max: 5 } } } },
  {
    name: 'loop-that-fails',
    document: {
      nodes: {
        l: {
          kind: 'loop',
          do: llm,
          until: 'false',
          max: 2,
          onMax: 'fail',
          catch: [{ on: ['limit_reached'], do: llm }],
        },
      },
    },
  },
  {
    name: 'loop-of-receives',
    document: { nodes: { l: { kind: 'loop', max: 2, do: receive('go') } } },
    signals: [
      { name: 'go', payload: 1 },
      { name: 'go', payload: 2 },
    ],
  },
  { name: 'loop-of-waits', document: { nodes: { l: { kind: 'loop', max: 3, do: { kind: 'wait', forMs: 10 } } } } },
  {
    name: 'machine-past-its-limit',
    document: {
      nodes: {
        m: {
          kind: 'machine',
          start: 'a',
          max: 3,
          states: { a: { do: llm, next: [{ when: 'true', to: 'a' }] } },
          catch: [{ on: '*', do: set('over') }],
        },
      },
    },
  },
  {
    name: 'machine-that-receives',
    document: {
      nodes: {
        m: {
          kind: 'machine',
          start: 'ask',
          max: 4,
          states: {
            ask: { do: receive('go'), next: [{ when: 'result == "again"', to: 'ask' }, { to: 'end' }] },
          },
        },
      },
    },
    signals: [
      { name: 'go', payload: 'again' },
      { name: 'go', payload: 'on' },
    ],
  },
  {
    name: 'switch-of-bodies',
    document: {
      nodes: {
        s: {
          kind: 'switch',
          cases: [
            { when: 'false', do: { nodes: { a: llm } } },
            { when: 'true', do: { nodes: { b: llm, w: { kind: 'wait', forMs: 10 } }, output: '${nodes.b}' } },
          ],
        },
        c: { ...llm, prompt: '${nodes.s}' },
      },
    },
  },
  {
    name: 'skipped-chain',
    document: {
      nodes: { a: { ...llm, when: 'false' }, b: { ...llm, prompt: '${nodes.a}' }, c: { ...llm, after: ['b'] } },
    },
  },
  {
    name: 'wait-beside-work',
    document: {
      nodes: { w: { kind: 'wait', forMs: 30 }, a: llm, b: { ...llm, after: ['a'] }, c: { ...llm, after: ['w', 'b'] } },
    },
  },
  {
    name: 'wait-that-is-cancelled',
    document: { nodes: { w: { kind: 'wait', forMs: 60_000 }, a: llm } },
    cancelAt: 'w',
  },
  {
    name: 'receives-in-a-row',
    document: { nodes: { a: receive('first'), b: { ...receive('second'), after: ['a'] } } },
    signals: [
      { name: 'first', payload: 1 },
      { name: 'second', payload: 2 },
    ],
  },
  {
    name: 'receive-too-late',
    document: { nodes: { a: { ...receive('never'), timeoutMs: 20, catch: [{ on: ['timeout'], do: llm }] } } },
  },
  {
    name: 'receive-beside-work',
    document: { nodes: { a: receive('go'), b: llm, c: { ...llm, prompt: '${nodes.a} ${nodes.b}' } } },
    signals: [{ name: 'go', payload: 'on' }],
  },
  {
    name: 'run-of-a-run',
    document: {
      nodes: {
        r: {
          kind: 'run',
          workflow: {
            plan: planOf({ nodes: { s: { kind: 'run', workflow: { plan: planOf({ nodes: { a: llm } }) } } } }),
          },
        },
      },
    },
  },
  {
    name: 'run-that-is-cancelled',
    document: { nodes: { r: { kind: 'run', workflow: { plan: planOf({ nodes: { w: receive('never') } }) } } } },
    cancelAt: 'r',
  },
  {
    name: 'catch-in-a-catch',
    document: {
      nodes: {
        a: { ...llm, catch: [{ on: '*', do: { nodes: { b: { ...llm, catch: [{ on: '*', do: set('twice') }] } } } }] },
      },
    },
    refused: ['a', 'a!.b'],
  },
  {
    name: 'catch-that-fails',
    document: {
      nodes: {
        g: {
          kind: 'graph',
          nodes: { a: { ...llm, catch: [{ on: '*', do: { kind: 'fail', type: 'mine', message: 'no' } }] } },
          catch: [{ on: ['mine'], do: llm }],
        },
      },
    },
    refused: ['g.a'],
  },
  {
    name: 'timeout-in-a-timeout',
    document: {
      nodes: {
        g: {
          kind: 'graph',
          timeoutMs: 60_000,
          nodes: {
            h: { kind: 'graph', timeoutMs: 20, nodes: { r: receive('never') }, catch: [{ on: '*', do: set('late') }] },
            a: { ...llm, after: ['h'] },
          },
        },
      },
    },
  },
  {
    name: 'out-of-time',
    document: { nodes: { a: llm, w: { kind: 'wait', forMs: 60_000, after: ['a'] } } },
    durationMs: 300,
  },
  {
    name: 'events-in-a-loop',
    document: {
      nodes: {
        l: {
          kind: 'loop',
          max: 2,
          do: {
            nodes: {
              e: { kind: 'emit', event: 'round', data: '${iteration}' },
              c: { kind: 'checkpoint', name: 'round', after: ['e'] },
            },
          },
        },
        a: { ...llm, after: ['l'] },
      },
    },
  },
  {
    name: 'segment-before-a-receive',
    document: { tools: f, nodes: { a: tool(), b: tool({ a: '${nodes.a}' }), r: { ...receive('go'), after: ['b'] } } },
    segments: [['a', 'b']],
    signals: [{ name: 'go', payload: 1 }],
  },
  {
    name: 'segment-with-a-catch',
    document: { tools: f, nodes: { a: tool({}, { catch: [{ on: '*', do: llm }] }), b: tool({ a: '${nodes.a}' }) } },
    segments: [['a', 'b']],
    refused: ['a'],
  },
]
