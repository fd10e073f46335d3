import type { SignalDelivery } from '@treadle/contract'
import { planOf, type TestDocument } from '@treadle/interpreter/testing'
import { COMBINED } from './combined-cases.ts'

/** A run whose history is kept: the interpreter has to go the same way through it for ever. */
export type HistoryCase = {
  name: string
  document: TestDocument
  input?: unknown
  /** Nodes of the document, by id, that are executed together. */
  segments?: string[][]
  /** Sent one after the other, each when the run waits for it. */
  signals?: Omit<SignalDelivery, 'id'>[]
  /** `limits.duration`. */
  durationMs?: number
  /** Paths that the worker refuses; all others answer with their path. */
  refused?: string[]
  answers?: Record<string, unknown>
  /** Of a fork: outputs by path that it takes over. */
  takenOver?: Record<string, unknown>
  /** Cancelled when this node has started. */
  cancelAt?: string
  /** The path whose worker hears of the run's cancel, of which Temporal knows nothing. */
  cancelledAt?: string
}

const llm = { kind: 'llm' } as const
const set = (value: unknown) => ({ kind: 'set', value }) as const

/** One for each kind of node, and for what cuts across kinds. Histories are only added to: a new behaviour gets a new case. */
export const CASES: HistoryCase[] = [
  {
    name: 'fork',
    document: {
      nodes: {
        a: llm,
        r: { kind: 'receive', signal: 'go' },
        m: { kind: 'map', over: '[1, 2]', do: { nodes: { x: { ...llm, prompt: '${item}' } } }, after: ['r'] },
        l: { kind: 'loop', max: 2, do: { nodes: { y: llm } }, after: ['m'] },
        b: { ...llm, prompt: '${nodes.a} ${nodes.r}', after: ['l'] },
      },
    },
    takenOver: { a: 'given', r: { ok: true }, 'm[0].x': 'first', 'l#0.y': 'round' },
  },
  { name: 'llm', document: { nodes: { a: { ...llm, prompt: 'Hi ${input}' } } }, input: 'Ada' },
  {
    name: 'tool',
    document: {
      tools: { f: { kind: 'function', name: 'f', runtime: 'typescript' } },
      nodes: {
        a: { kind: 'tool', tool: 'f', args: { n: 1 } },
        b: { kind: 'tool', tool: 'f', args: { a: '${nodes.a}' } },
      },
    },
  },
  {
    name: 'set',
    document: { nodes: { a: set({ n: '${input}' }), b: { ...set('${nodes.a.n}'), when: 'false' } } },
    input: 1,
  },
  {
    name: 'switch',
    document: {
      nodes: {
        s: { kind: 'switch', cases: [{ when: 'input > 1', do: llm }], else: set(1) },
        t: { kind: 'switch', cases: [{ when: 'false', do: llm }] },
      },
    },
    input: 2,
  },
  {
    name: 'map',
    document: {
      nodes: {
        m: {
          kind: 'map',
          over: 'input',
          concurrency: 2,
          onItemError: 'collect',
          do: { nodes: { a: llm, b: { ...llm, prompt: '${nodes.a}' } } },
        },
      },
    },
    input: [1, 2, 3, 4],
    refused: ['m[1].a'],
  },
  {
    name: 'loop',
    document: { nodes: { l: { kind: 'loop', state: 0, do: llm, next: '${state + 1}', until: 'state == 3', max: 5 } } },
  },
  {
    name: 'machine',
    document: {
      nodes: {
        m: {
          kind: 'machine',
          start: 'a',
          max: 4,
          states: {
            a: { do: llm, next: [{ to: 'b' }] },
            b: { do: llm, next: [{ when: 'states.a != null', to: 'end' }] },
          },
          output: ['${states.a}', '${result}'],
        },
      },
    },
  },
  {
    name: 'graph',
    document: {
      nodes: {
        g: { kind: 'graph', timeoutMs: 60_000, nodes: { a: llm, b: llm }, output: ['${nodes.a}', '${nodes.b}'] },
      },
    },
  },
  {
    name: 'wait',
    document: { nodes: { w: { kind: 'wait', forMs: 20 }, v: { kind: 'wait', forMs: 10, after: ['w'] } } },
  },
  {
    name: 'receive',
    document: {
      nodes: {
        a: { kind: 'receive', signal: 'go', title: 'Go?' },
        b: { kind: 'receive', signal: 'go' },
        late: { kind: 'receive', signal: 'never', timeoutMs: 20, default: 'late' },
      },
    },
    signals: [
      { name: 'go', node: 'b', payload: 1 },
      { name: 'go', payload: { ok: true } },
    ],
  },
  {
    name: 'emit-and-checkpoint',
    document: {
      nodes: {
        e: { kind: 'emit', event: 'here', data: { n: 1 } },
        c: { kind: 'checkpoint', name: 'half', after: ['e'] },
        a: { ...llm, after: ['c'] },
      },
    },
  },
  {
    name: 'fail',
    document: { nodes: { a: { kind: 'wait', forMs: 60_000 }, f: { kind: 'fail', type: 'mine', message: 'no' } } },
  },
  {
    name: 'catch',
    document: {
      nodes: {
        a: { ...llm, catch: [{ on: ['refused'], do: { nodes: { b: llm, c: set('${error.type}') } } }] },
        d: { ...llm, prompt: '${nodes.a.c}' },
      },
    },
    refused: ['a'],
  },
  {
    name: 'failed-siblings',
    document: { nodes: { a: llm, b: { kind: 'receive', signal: 'never' }, c: { kind: 'wait', forMs: 60_000 } } },
    refused: ['a'],
  },
  {
    name: 'timeout',
    document: {
      nodes: {
        g: {
          kind: 'graph',
          timeoutMs: 20,
          nodes: { r: { kind: 'receive', signal: 'never' } },
          catch: [{ on: '*', do: llm }],
        },
      },
    },
  },
  { name: 'cancelled', document: { nodes: { a: llm, r: { kind: 'receive', signal: 'never' } } }, cancelAt: 'r' },
  { name: 'cancelled-in-the-log', document: { nodes: { a: llm, b: { ...llm, after: ['a'] } } }, cancelledAt: 'b' },
  {
    name: 'agent',
    document: {
      tools: {
        pay: { kind: 'function', name: 'pay', runtime: 'typescript' },
        look: { kind: 'function', name: 'look', runtime: 'typescript' },
      },
      nodes: { a: { kind: 'agent', input: 'Hi', tools: ['pay', 'look'], approve: ['pay'], maxTurns: 3 } },
    },
    answers: {
      'a~0.model': {
        toolCalls: [
          { id: '1', name: 'pay', arguments: '{"n":1}' },
          { id: '2', name: 'look', arguments: '{}' },
        ],
      },
      'a~1.model': { output: 'done' },
    },
    signals: [{ name: 'approve_pay', payload: { ok: true } }],
  },
  {
    name: 'agent-conversation',
    document: {
      tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
      nodes: {
        a: {
          kind: 'agent',
          tools: ['look'],
          maxTurns: 5,
          handoffs: [{ name: 'other', instructions: 'Other.', tools: ['look'], approve: ['look'] }],
        },
      },
    },
    answers: {
      'a~0.model': { toolCalls: [{ id: '1', name: 'look', arguments: 'no json' }] },
      'a~1.model': { toolCalls: [{ id: '2', name: 'handoff_to_other', arguments: '{}' }] },
      'a~2.model': {
        toolCalls: [
          { id: '3', name: 'look', arguments: '{"n":1}' },
          { id: '4', name: 'look', arguments: '{"n":2}' },
        ],
      },
      'a~3.model': { misfit: 'not so' },
      'a~4.model': { output: 'done' },
    },
    signals: [
      { name: 'approve_look', node: 'a~2.tool[1].approve', payload: { ok: false, reason: 'No.' } },
      { name: 'approve_look', payload: { ok: true } },
    ],
  },
  {
    name: 'run',
    document: {
      nodes: {
        waited: { kind: 'run', workflow: { plan: planOf({ nodes: { a: llm } }) } },
        failed: {
          kind: 'run',
          workflow: { plan: planOf({ nodes: { f: { kind: 'fail', type: 'mine', message: 'no' } } }) },
          catch: [{ on: ['mine'], do: set('caught') }],
        },
        detached: { kind: 'run', mode: 'detach', workflow: { plan: planOf({ nodes: { a: set(1) } }) } },
      },
    },
  },
  {
    name: 'segments',
    document: {
      tools: { f: { kind: 'function', name: 'f', runtime: 'typescript' } },
      nodes: {
        a: { kind: 'tool', tool: 'f', args: {} },
        b: { kind: 'tool', tool: 'f', args: { a: '${nodes.a}' } },
        c: { ...llm, prompt: '${nodes.b}' },
        d: { kind: 'tool', tool: 'f', args: { c: '${nodes.c}' } },
      },
    },
    // The first begins the run, and the last ends it.
    segments: [['a', 'b'], ['d']],
  },
  {
    name: 'segment-beside-others',
    document: {
      tools: { f: { kind: 'function', name: 'f', runtime: 'typescript' } },
      nodes: {
        a: { kind: 'tool', tool: 'f', args: {} },
        b: { kind: 'tool', tool: 'f', args: { a: '${nodes.a}' } },
        c: llm,
      },
    },
    segments: [['a', 'b']],
  },
  {
    name: 'segment-that-fails',
    document: {
      tools: { f: { kind: 'function', name: 'f', runtime: 'typescript' } },
      nodes: { a: { kind: 'tool', tool: 'f', args: {} }, b: { kind: 'tool', tool: 'f', args: { a: '${nodes.a}' } } },
    },
    segments: [['a', 'b']],
    refused: ['b'],
  },
  {
    name: 'segment-in-little-time',
    document: {
      tools: { f: { kind: 'function', name: 'f', runtime: 'typescript' } },
      nodes: { a: { kind: 'tool', tool: 'f', args: {} }, b: { kind: 'tool', tool: 'f', args: { a: '${nodes.a}' } } },
    },
    segments: [['a', 'b']],
    durationMs: 1_500,
  },
  {
    name: 'continued-as-new',
    document: {
      nodes: {
        r: { kind: 'receive', signal: 'never', timeoutMs: 400, default: 'late' },
        l: { kind: 'loop', max: 12, do: { nodes: { a: llm, b: set('${nodes.a}') } } },
      },
    },
  },
  {
    // It waits and goes on: the search attribute of its status is told.
    name: 'status-attribute',
    document: { nodes: { a: { kind: 'receive', signal: 'go' }, b: { ...llm, after: ['a'] } } },
    signals: [{ name: 'go', payload: 1 }],
  },
  ...COMBINED,
]
