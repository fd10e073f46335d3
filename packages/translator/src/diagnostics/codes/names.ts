import { type CodeRow, document, MODEL } from '../code-row.ts'

const WRITE = '  a: { kind: llm, model: fast, prompt: Hello }'
const BODY = '  b:\n    kind: graph\n    nodes:\n      inner: { kind: set, value: 1 }\n'

/** Findings of names, references and the graph. */
export const NAME_CODES = {
  'unknown-model': {
    severity: 'error',
    title: 'There is no such model',
    explanation: 'An `llm` or `agent` names a model that `models` of the document does not have.',
    hint: 'add it to "models" of the document',
    wrong: document(`${MODEL}nodes:\n${WRITE}\n  b: { kind: llm, model: slow, prompt: Hello }`),
    at: '/nodes/b/model',
    right: document(`${MODEL}nodes:\n${WRITE}\n  b: { kind: llm, model: fast, prompt: Hello }`),
  },
  'unknown-tool': {
    severity: 'error',
    title: 'There is no such tool',
    explanation:
      'A node names a tool that `tools` of the document does not have, an mcp entry without saying which of its tools, or a tool for approval that the agent cannot call.',
    hint: 'add it to "tools" of the document',
    wrong: document('nodes:\n  a: { kind: tool, tool: lookup }'),
    at: '/nodes/a/tool',
    right: document(
      'tools:\n  lookup: { kind: http, url: https://example.com/lookup }\nnodes:\n  a: { kind: tool, tool: lookup }',
    ),
  },
  'unknown-node': {
    severity: 'error',
    title: 'There is no such node',
    explanation: 'An expression or `after` names a node that the document does not have.',
    hint: 'name a node of this body, or of one around it',
    wrong: document('nodes:\n  first: { kind: set, value: 1 }\n  second: { kind: set, value: "${nodes.frist + 1}" }'),
    at: '/nodes/second/value',
    right: document('nodes:\n  first: { kind: set, value: 1 }\n  second: { kind: set, value: "${nodes.first + 1}" }'),
  },
  'hidden-node': {
    severity: 'error',
    title: 'The node is not seen from here',
    explanation:
      'Ids inside of a body are not seen from outside of it. What a body gives to the outside is its `output`.',
    hint: 'give it out by the `output` of its body, and read that of the node around it',
    wrong: document(`nodes:\n${BODY}  c: { kind: set, value: "\${nodes.inner}" }`),
    at: '/nodes/c/value',
    right: document(`nodes:\n${BODY}  c: { kind: set, value: "\${nodes.b.inner}" }`),
  },
  'computed-name': {
    severity: 'error',
    title: 'A node named by something computed',
    explanation:
      'The order of the nodes comes from what they refer to, so each reference has to say which node it means: `nodes.<id>`. The same holds for `states.<id>`.',
    hint: 'write `nodes.` and the id of one node',
    wrong: document("nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: \"${nodes['a' + '']}\" }"),
    at: '/nodes/b/value',
    right: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: "${nodes.a}" }'),
  },
  'unknown-state': {
    severity: 'error',
    title: 'There is no such state',
    explanation: 'A machine starts in, goes to, or reads a state that it does not have.',
    hint: 'name one of its states, or `end`',
    wrong: document(
      'nodes:\n  a:\n    kind: machine\n    start: ask\n    max: 3\n    states:\n      ask: { do: { kind: set, value: 1 }, next: [{ to: done }] }',
    ),
    at: '/nodes/a/states/ask/next/0/to',
    right: document(
      'nodes:\n  a:\n    kind: machine\n    start: ask\n    max: 3\n    states:\n      ask: { do: { kind: set, value: 1 }, next: [{ to: end }] }',
    ),
  },
  'unknown-agent': {
    severity: 'error',
    title: 'There is no such agent',
    explanation: 'An agent may pass the conversation on to agents of `handoffs` of the same node.',
    hint: 'add it to "handoffs" of the node',
    wrong: document(
      `${MODEL}nodes:\n  a:\n    kind: agent\n    model: fast\n    maxTurns: 3\n    handoffs:\n      billing: { description: Knows invoices., instructions: Help., handoffs: [legal] }`,
    ),
    at: '/nodes/a/handoffs/billing/handoffs/0',
    right: document(
      `${MODEL}nodes:\n  a:\n    kind: agent\n    model: fast\n    maxTurns: 3\n    handoffs:\n      billing: { description: Knows invoices., instructions: Help., handoffs: [legal] }\n      legal: { description: Knows contracts., instructions: Help. }`,
    ),
  },
  'reserved-id': {
    severity: 'error',
    title: 'An id that cannot be used',
    explanation: 'A word of CEL cannot be read as a name in an expression, and `end` ends a machine.',
    hint: 'give it another id',
    wrong: document('nodes:\n  loop: { kind: set, value: 1 }'),
    at: '/nodes/loop',
    right: document('nodes:\n  repeat: { kind: set, value: 1 }'),
  },
  'repeated-id': {
    severity: 'error',
    title: 'An id that hides another',
    explanation:
      'An id inside of a body may not repeat one of a body around it: it would not be clear which node is meant.',
    hint: 'give one of the two another id',
    wrong: document(
      'nodes:\n  a: { kind: graph, nodes: { b: { kind: set, value: 1 } } }\n  b: { kind: set, value: 2 }',
    ),
    at: '/nodes/a/nodes/b',
    right: document(
      'nodes:\n  a: { kind: graph, nodes: { c: { kind: set, value: 1 } } }\n  b: { kind: set, value: 2 }',
    ),
  },
  'unknown-error-type': {
    severity: 'warning',
    title: 'Nothing fails with this type',
    explanation:
      'A `catch` or `retry` names a type that is neither in the table of errors nor given by a `fail` of the document.',
    hint: 'see the table of errors in `schemas/errors.json`',
    wrong: document(
      'nodes:\n  a:\n    kind: wait\n    for: 1s\n    catch: [{ on: [time_out], do: { kind: set, value: 1 } }]',
    ),
    at: '/nodes/a/catch/0/on/0',
    right: document(
      'nodes:\n  a:\n    kind: wait\n    for: 1s\n    catch: [{ on: [timeout], do: { kind: set, value: 1 } }]',
    ),
  },
  'never-caught': {
    severity: 'error',
    title: 'A type that is never caught',
    explanation: '`cancelled` and `budget_exceeded` end the run, whatever a `catch` says.',
    hint: 'take it out of the list',
    wrong: document(
      'nodes:\n  a:\n    kind: wait\n    for: 1s\n    catch: [{ on: [cancelled], do: { kind: set, value: 1 } }]',
    ),
    at: '/nodes/a/catch/0/on/0',
    right: document(
      'nodes:\n  a:\n    kind: wait\n    for: 1s\n    catch: [{ on: ["*"], do: { kind: set, value: 1 } }]',
    ).replace('["*"]', '"*"'),
  },
  'unknown-function': {
    severity: 'warning',
    title: 'No worker has this function',
    explanation:
      'A `function` tool names a function that no worker of that language has registered. The document can be run, since a worker with it may come; a call without one fails.',
    hint: 'register it in a worker, or correct the name or the runtime',
    wrong: document('tools:\n  rate: { kind: function, name: scoer }\nnodes:\n  a: { kind: tool, tool: rate }'),
    at: '/tools/rate/name',
    right: document('tools:\n  rate: { kind: function, name: score }\nnodes:\n  a: { kind: tool, tool: rate }'),
    options: { functions: [{ name: 'score', runtime: 'typescript' }] },
  },
  'unknown-workflow': {
    severity: 'error',
    title: 'There is no such workflow',
    explanation: 'A `run` names a stored workflow, as name@version, that is not there.',
    hint: 'store it first (`PUT /workflows/{name}`), or correct name and version',
    wrong: document('nodes:\n  a: { kind: run, workflow: "enrich@7" }'),
    at: '/nodes/a/workflow',
    right: document(
      'nodes:\n  a:\n    kind: run\n    workflow: { ir: treadle/v1, name: enrich, nodes: { a: { kind: set, value: 1 } } }',
    ),
    options: { workflows: () => undefined },
  },
  'unused-definition': {
    severity: 'warning',
    title: 'Nothing uses it',
    explanation: 'A model or a tool is defined, and no node names it.',
    hint: 'take it out, or use it',
    wrong: document(`${MODEL}nodes:\n  a: { kind: set, value: 1 }`),
    at: '/models/fast',
    right: document(`${MODEL}nodes:\n${WRITE}`),
  },
  'unused-node': {
    severity: 'warning',
    title: 'Nothing reads this value',
    explanation: 'The node only computes a value, and neither a node nor the output reads it.',
    hint: 'take it out, or read it',
    wrong: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: 2 }\noutput: "${nodes.b}"'),
    at: '/nodes/a',
    right: document(
      'nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: 2 }\noutput: "${nodes.a + nodes.b}"',
    ),
  },
  cycle: {
    severity: 'error',
    title: 'Nodes wait for each other',
    explanation:
      'A node runs when the nodes that it refers to have finished, so a cycle of references never starts. What repeats is a `loop` or a `machine`.',
    hint: 'take one of the references out, or use a `loop`',
    wrong: document('nodes:\n  a: { kind: set, value: "${nodes.b}" }\n  b: { kind: set, value: "${nodes.a}" }'),
    at: '/nodes/a',
    right: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: "${nodes.a}" }'),
  },
  'unreachable-node': {
    severity: 'warning',
    title: 'The node is never reached',
    explanation: 'The node waits for one that always fails, or its `when` is `false`.',
    hint: 'take it out, or give the failing node a `when`',
    wrong: document(
      'nodes:\n  a: { kind: fail, type: broken, message: Broken. }\n  b: { kind: set, after: [a], value: 1 }',
    ),
    at: '/nodes/b',
    right: document(
      'inputSchema: { type: boolean }\nnodes:\n  a: { kind: fail, when: input, type: broken, message: Broken. }\n  b: { kind: set, after: [a], value: 1 }',
    ),
  },
  'unreachable-state': {
    severity: 'warning',
    title: 'The state is never entered',
    explanation: 'No way of transitions leads from `start` to this state.',
    hint: 'add a transition to it, or take it out',
    wrong: document(
      'nodes:\n  a:\n    kind: machine\n    start: ask\n    max: 3\n    states:\n      ask: { do: { kind: set, value: 1 } }\n      thank: { do: { kind: set, value: 2 } }',
    ),
    at: '/nodes/a/states/thank',
    right: document(
      'nodes:\n  a:\n    kind: machine\n    start: ask\n    max: 3\n    states:\n      ask: { do: { kind: set, value: 1 }, next: [{ to: thank }] }\n      thank: { do: { kind: set, value: 2 } }',
    ),
  },
  'unreachable-case': {
    severity: 'warning',
    title: 'The case is never taken',
    explanation: 'A case or a transition before it always holds.',
    hint: 'change the order, or take it out',
    wrong: document(
      'inputSchema: { type: boolean }\nnodes:\n  a:\n    kind: switch\n    cases:\n      - { when: "true", do: { kind: set, value: 1 } }\n      - { when: input, do: { kind: set, value: 2 } }',
    ),
    at: '/nodes/a/cases/1',
    right: document(
      'inputSchema: { type: boolean }\nnodes:\n  a:\n    kind: switch\n    cases:\n      - { when: input, do: { kind: set, value: 2 } }\n      - { when: "true", do: { kind: set, value: 1 } }',
    ),
  },
} as const satisfies Record<string, CodeRow>
