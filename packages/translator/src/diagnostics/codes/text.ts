import { type CodeRow, document } from '../code-row.ts'

const NODE = 'nodes:\n  a: { kind: set, value: 1 }'
const deep = (levels: number) =>
  `ir: treadle/v1\nname: example\nnodes:\n  a: { kind: set, value: ${'['.repeat(levels)}${']'.repeat(levels)} }\n`

/** Findings of the text itself. */
export const TEXT_CODES = {
  syntax: {
    severity: 'error',
    title: 'The text is neither JSON nor YAML',
    explanation:
      'The text could not be read, so nothing else was checked. A text that begins with `{` is read as JSON, any other as YAML 1.2.',
    hint: 'correct the text at this place',
    wrong: `{ "ir": "treadle/v1" "name": "example" }\n`,
    at: '',
    right: `{ "ir": "treadle/v1", "name": "example", "nodes": { "a": { "kind": "set", "value": 1 } } }\n`,
  },
  'duplicate-key': {
    severity: 'error',
    title: 'A key stands twice',
    explanation: 'JSON leaves open which of two equal keys counts, and readers differ. Here neither does.',
    hint: 'take one of the two out, or give it another name',
    wrong: document('nodes:\n  a: { kind: set, value: 1 }\n  a: { kind: set, value: 2 }'),
    at: '/nodes/a',
    right: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: 2 }'),
  },
  'yaml-feature': {
    severity: 'error',
    title: 'YAML that JSON cannot express',
    explanation:
      'YAML is taken as another way to write JSON: no tags of your own, no keys that are not texts, no second document, no YAML 1.1.',
    hint: 'write it as JSON would',
    wrong: document('nodes:\n  a: { kind: set, value: !date 2027-01-01 }'),
    at: '/nodes/a/value',
    right: document('nodes:\n  a: { kind: set, value: "2027-01-01" }'),
  },
  'too-many-aliases': {
    severity: 'error',
    title: 'Aliases make the document too large',
    explanation:
      'Each alias of YAML stands for all that its anchor names. A few lines of aliases of aliases become millions of values; past the bound the document is refused.',
    hint: 'write the values out, or use fewer aliases',
    wrong: document(
      `x-a: &a [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nx-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nx-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\nx-e: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nx-f: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nnodes:\n  a: { kind: set, value: 1 }`,
    ),
    at: '/x-f/5/2/5/2/5',
    right: document(`x-a: &a [0, 0, 0]\nx-b: [*a, *a]\n${NODE}`),
  },
  'number-too-large': {
    severity: 'error',
    title: 'A number that JSON cannot carry',
    explanation:
      'Numbers of JSON are doubles in most languages, so integers beyond ±(2^53 − 1) change on their way. They are refused from the text, before that can happen.',
    hint: 'write it as a text',
    wrong: document('nodes:\n  a: { kind: set, value: 9007199254740993 }'),
    at: '/nodes/a/value',
    right: document('nodes:\n  a: { kind: set, value: "9007199254740993" }'),
  },
  'invalid-text': {
    severity: 'error',
    title: 'A text that UTF-8 cannot carry',
    explanation:
      'The bytes are not UTF-8, or a text holds half of a surrogate pair. Other languages could not read it back.',
    hint: 'write whole characters, in UTF-8',
    wrong: '{ "ir": "treadle/v1", "name": "example", "nodes": { "a": { "kind": "set", "value": "\\ud83d" } } }\n',
    at: '/nodes/a/value',
    right:
      '{ "ir": "treadle/v1", "name": "example", "nodes": { "a": { "kind": "set", "value": "\\ud83d\\ude00" } } }\n',
  },
  'too-large': {
    severity: 'error',
    title: 'The document is too large',
    explanation:
      'A document may have 4 MiB as JSON and 256 KiB as YAML (which is read much more slowly), and 200,000 values.',
    hint: 'put large values into blobs (`POST /blobs`) and pass them as input',
    wrong: document(`nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: "A longer text" }`),
    at: '',
    right: document(NODE),
    options: { limits: { yamlBytes: 90 } },
  },
  'too-deep': {
    severity: 'error',
    title: 'Too deep',
    explanation:
      'Bodies may be 32 deep inside each other, workflows 5, and values 200. Everything that reads a document goes down one call for each level.',
    hint: 'move the inner part into a workflow of its own, or make the value flatter',
    wrong: deep(200),
    at: `/nodes/a/value${'/0'.repeat(197)}`,
    right: deep(100),
  },
  'too-many-nodes': {
    severity: 'error',
    title: 'Too many nodes',
    explanation: 'A document may have 2,000 nodes, those of nested bodies and inline workflows included.',
    hint: 'use `map` for what repeats, or move a part into a workflow of its own and `run` it',
    wrong: document('nodes:\n  a: { kind: set, value: 1 }\n  b: { kind: set, value: 2 }'),
    at: '/nodes',
    right: document(NODE),
    options: { limits: { nodes: 1 } },
  },
  'reserved-key': {
    severity: 'error',
    title: 'A key that is not taken',
    explanation:
      '`__proto__` reaches the prototype of objects in JavaScript, and `$blob` marks a value that is stored elsewhere: only the server may say so.',
    hint: 'give the key another name',
    wrong: document('nodes:\n  a: { kind: set, value: { $blob: x } }'),
    at: '/nodes/a/value/$blob',
    right: document('nodes:\n  a: { kind: set, value: { blob: x } }'),
  },
  'too-many-findings': {
    severity: 'error',
    title: 'There are more findings',
    explanation: 'An answer lists 200 findings at most.',
    hint: 'correct some of these first',
    wrong: document('nodes:\n  a: { kind: set, valu: 1 }\n  b: { kind: set, valu: 1 }'),
    at: '',
    right: document(NODE),
    options: { limits: { findings: 1 } },
  },
} as const satisfies Record<string, CodeRow>
