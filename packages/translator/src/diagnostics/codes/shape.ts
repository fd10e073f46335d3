import { type CodeRow, document } from '../code-row.ts'

const schemaOf = (schema: string) => document(`inputSchema: ${schema}\nnodes:\n  a: { kind: set, value: "\${input}" }`)

/** Findings of the schema of the IR, and of the JSON Schemas inside a document. */
export const SHAPE_CODES = {
  'missing-field': {
    severity: 'error',
    title: 'A field is missing',
    explanation: 'The place needs a field that is not there.',
    hint: 'add the field',
    wrong: document('nodes:\n  a: { kind: set }'),
    at: '/nodes/a',
    right: document('nodes:\n  a: { kind: set, value: 1 }'),
  },
  'unknown-field': {
    severity: 'error',
    title: 'There is no such field',
    explanation:
      'Fields that are not known are refused, so that a misspelt one is not silently without effect. Keys of your own begin with `x-`.',
    hint: 'take it out, or begin its name with "x-" if it is yours',
    wrong: document('nodes:\n  a: { kind: set, value: 1, colour: red }'),
    at: '/nodes/a/colour',
    right: document('nodes:\n  a: { kind: set, value: 1, x-colour: red }'),
  },
  'wrong-type': {
    severity: 'error',
    title: 'A value is of the wrong type',
    explanation: 'The field takes another type of value.',
    hint: 'give a value of the type that is asked for',
    wrong: document('nodes:\n  a: { kind: loop, max: three, do: { kind: set, value: 1 } }'),
    at: '/nodes/a/max',
    right: document('nodes:\n  a: { kind: loop, max: 3, do: { kind: set, value: 1 } }'),
  },
  'wrong-value': {
    severity: 'error',
    title: 'A value is not one of those that are taken',
    explanation: 'The value is of the right type, but outside of what the field takes.',
    hint: 'give a value that fits',
    wrong: document('nodes:\n  a: { kind: wait, for: soon }'),
    at: '/nodes/a/for',
    right: document('nodes:\n  a: { kind: wait, for: 10s }'),
  },
  'unknown-kind': {
    severity: 'error',
    title: 'There is no such kind',
    explanation:
      'The `kind` of a node or a tool says what it does; the schema of documents, `GET /schemas/ir.v1.schema.json`, lists them all.',
    hint: 'take one of the kinds that there are',
    wrong: document('nodes:\n  a: { kind: sett, value: 1 }'),
    at: '/nodes/a/kind',
    right: document('nodes:\n  a: { kind: set, value: 1 }'),
  },
  'bad-name': {
    severity: 'error',
    title: 'A name that cannot stand here',
    explanation:
      'Ids of nodes, models, tools and states are a letter, then letters, digits and underscores, at most 63 characters, so that expressions can name them.',
    hint: 'use letters, digits and underscores',
    wrong: document('nodes:\n  first-step: { kind: set, value: 1 }'),
    at: '/nodes/first-step',
    right: document('nodes:\n  first_step: { kind: set, value: 1 }'),
  },
  'conflicting-fields': {
    severity: 'error',
    title: 'Fields that cannot stand together',
    explanation: 'Two fields say the same thing in two ways, or one of them rules the other out.',
    hint: 'keep one of the two',
    wrong: document('nodes:\n  a: { kind: wait, for: 10s, until: "input.dueAt" }'),
    at: '/nodes/a',
    right: document('nodes:\n  a: { kind: wait, for: 10s }'),
  },
  'no-effect': {
    severity: 'warning',
    title: 'A field without effect',
    explanation: 'The field is allowed here, but nothing will come of it.',
    hint: 'take it out, or add what it needs',
    wrong: document('nodes:\n  a: { kind: receive, signal: go, default: 1 }'),
    at: '/nodes/a/default',
    right: document('nodes:\n  a: { kind: receive, signal: go, default: 1, timeout: 1h }'),
  },
  'schema-invalid': {
    severity: 'error',
    title: 'A JSON Schema is not valid',
    explanation:
      'The JSON Schemas of a document are draft 2020-12, and are themselves checked: a keyword with a value that it does not take would check nothing.',
    hint: 'see json-schema.org for what the keyword takes',
    wrong: schemaOf('{ type: object, required: name }'),
    at: '/inputSchema/required',
    right: schemaOf('{ type: object, required: [name] }'),
  },
  'schema-keyword': {
    severity: 'warning',
    title: 'A JSON Schema has an unknown keyword',
    explanation: 'JSON Schema ignores keywords that it does not know, so a misspelt one checks nothing.',
    hint: 'take it out, or begin its name with "x-" if it is yours',
    wrong: schemaOf('{ type: object, requried: [name] }'),
    at: '/inputSchema/requried',
    right: schemaOf('{ type: object, required: [name] }'),
  },
  'schema-ref': {
    severity: 'error',
    title: 'A `$ref` that leads nowhere, or outside',
    explanation:
      'Schemas are not fetched: `$ref` names a place of the same schema, as `#/$defs/…`. References that only go round in a circle describe nothing.',
    hint: 'put what is referred to under `$defs` of the same schema',
    wrong: schemaOf('{ $ref: "https://example.com/person.json" }'),
    at: '/inputSchema/$ref',
    right: schemaOf('{ $ref: "#/$defs/person", $defs: { person: { type: object } } }'),
  },
  'schema-pattern': {
    severity: 'error',
    title: 'A pattern that RE2 does not take',
    explanation:
      'Patterns are run in linear time, whatever text arrives, so they are of the syntax of RE2: no look-around, no back references.',
    hint: 'write it without look-around and back references',
    wrong: schemaOf('{ type: string, pattern: "^(?=a)b" }'),
    at: '/inputSchema/pattern',
    right: schemaOf('{ type: string, pattern: "^ab" }'),
  },
  'schema-too-large': {
    severity: 'error',
    title: 'A JSON Schema is too large',
    explanation: 'A schema may have 64 KiB, and be 32 levels deep.',
    hint: 'make the schema smaller; describe only what the workflow reads',
    wrong: schemaOf('{ type: object, properties: { name: { type: string } } }'),
    at: '/inputSchema',
    right: schemaOf('{ type: object }'),
    options: { limits: { schemaBytes: 40 } },
  },
} as const satisfies Record<string, CodeRow>
