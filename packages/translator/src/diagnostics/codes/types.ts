import { type CodeRow, document } from '../code-row.ts'

const PERSON =
  'inputSchema: { type: object, required: [name, age], properties: { name: { type: string }, age: { type: integer }, city: { type: string } }, additionalProperties: false }\n'
const set = (value: string) => document(`${PERSON}nodes:\n  a: { kind: set, value: "${value}" }`)
const LOOKUP =
  'tools:\n  lookup: { kind: http, url: https://example.com/lookup, inputSchema: { type: object, required: [email], properties: { email: { type: string } }, additionalProperties: false } }\n'
const CHILD =
  '{ ir: treadle/v1, name: child, inputSchema: { type: string }, nodes: { b: { kind: set, value: "${input}" } } }'

/** Findings of expressions and types. */
export const TYPE_CODES = {
  'expression-syntax': {
    severity: 'error',
    title: 'The expression is not CEL',
    explanation:
      'What stands in `${ … }`, and in `when`, `until` and `over`, is an expression of CEL, the Common Expression Language.',
    hint: 'correct the expression at this place',
    wrong: set('${input.name +}'),
    at: '/nodes/a/value',
    right: set("${input.name + '!'}"),
  },
  'expression-too-large': {
    severity: 'error',
    title: 'The expression is too large',
    explanation: 'An expression may have 4,096 characters and 32 levels of nesting.',
    hint: 'put a part of it into a `set` of its own',
    wrong: set(`\${${'('.repeat(40)}1${')'.repeat(40)}}`),
    at: '/nodes/a/value',
    right: set('${(1)}'),
  },
  'expression-type': {
    severity: 'error',
    title: 'The types do not fit',
    explanation:
      'An operator or a function does not take values of these types, or the whole is not what the field needs: `when` and `until` a bool, `over` a list.',
    hint: 'convert one of the values: `string(…)`, `int(…)`, `double(…)`',
    wrong: set("${input.age + ' years'}"),
    at: '/nodes/a/value',
    right: set("${string(input.age) + ' years'}"),
  },
  'unknown-name': {
    severity: 'error',
    title: 'There is no such name',
    explanation:
      'In scope are `input`, `nodes`, `run`, what the containers around bring (`item`, `index`, `state`, `iteration`, `result`, `states`, `error`), and in the request of a tool only `args`.',
    hint: 'use a name that is in scope here',
    wrong: set('${item.name}'),
    at: '/nodes/a/value',
    right: set('${input.name}'),
  },
  'unknown-cel-function': {
    severity: 'error',
    title: 'There is no such function',
    explanation: 'Expressions have the functions of CEL, and the few of ours.',
    hint: 'see the list of functions',
    wrong: set('${uppercase(input.name)}'),
    at: '/nodes/a/value',
    right: set('${size(input.name)}'),
  },
  'unknown-member': {
    severity: 'error',
    title: 'The value has no such field',
    explanation: 'The schema of the value does not have the field, and allows no others.',
    hint: 'correct the name, or add the field to the schema',
    wrong: set('${input.nam}'),
    at: '/nodes/a/value',
    right: set('${input.name}'),
  },
  'maybe-missing': {
    severity: 'error',
    title: 'The value may not be there',
    explanation:
      'The schema does not require the field, or the value may be null: a node with `when` may be skipped, a `switch` may take nothing. Reading it would then fail the run.',
    hint: 'guard it: `has(…)`, `.?`, `default(…, …)`, or make it required in the schema',
    wrong: set("${input.city + '!'}"),
    at: '/nodes/a/value',
    right: set("${default(input.city, 'nowhere') + '!'}"),
  },
  'argument-mismatch': {
    severity: 'error',
    title: 'The arguments do not fit the tool',
    explanation: '`args` has to fit the `inputSchema` of the tool.',
    hint: 'give what the tool takes',
    wrong: document(`${LOOKUP}nodes:\n  a: { kind: tool, tool: lookup, args: { mail: "x@example.com" } }`),
    at: '/nodes/a/args',
    right: document(`${LOOKUP}nodes:\n  a: { kind: tool, tool: lookup, args: { email: "x@example.com" } }`),
  },
  'output-mismatch': {
    severity: 'error',
    title: 'The result does not fit its schema',
    explanation:
      'What the node gives can be told beforehand, and does not fit its own `outputSchema`. The run would fail with `invalid_output`.',
    hint: 'change the value or the schema',
    wrong: document('nodes:\n  a: { kind: set, value: 1, outputSchema: { type: string } }'),
    at: '/nodes/a/value',
    right: document('nodes:\n  a: { kind: set, value: "1", outputSchema: { type: string } }'),
  },
  'input-mismatch': {
    severity: 'error',
    title: 'The input does not fit the workflow',
    explanation: 'The `input` of a `run` has to fit the `inputSchema` of the workflow that it starts.',
    hint: 'give what the workflow takes',
    wrong: document(`nodes:\n  a: { kind: run, input: 5, workflow: ${CHILD} }`),
    at: '/nodes/a/input',
    right: document(`nodes:\n  a: { kind: run, input: five, workflow: ${CHILD} }`),
  },
} as const satisfies Record<string, CodeRow>
