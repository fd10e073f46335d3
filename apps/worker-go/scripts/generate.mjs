/**
 * Go types of what a worker is given and gives back, the table of errors and the statements, from schemas/ to internal/contract.
 * With --check nothing is written: exit code 1 and the stale files' names where they differ. Needs no Go.
 */
import { readFileSync } from 'node:fs'
import { inFolder, writeGenerated } from '../../../scripts/generated-files.mjs'

const schemasDir = new URL('../../../schemas/', import.meta.url)
const contractDir = new URL('../internal/contract/', import.meta.url)
const LINE_MAX = 120

/** Everything that these refer to is generated with them. */
const ROOTS = ['NodeTask', 'NodeResult', 'NodeFailure', 'ModelTurnAnswer'].map((name) => [
  'node-task.v1.schema.json',
  name,
])

const read = (file) => JSON.parse(readFileSync(new URL(file, schemasDir), 'utf8'))
const documents = new Map()
const documentOf = (file) => {
  if (!documents.has(file)) documents.set(file, read(file))
  return documents.get(file)
}

const declarations = new Map()
for (const [file, name] of ROOTS) declare(file, name)

const outputs = {
  'types_generated.go': `${banner()}package contract\n\nimport "encoding/json"\n\n${[...declarations.values()].join('\n\n')}\n`,
  'statements_generated.go': `${banner()}package contract\n\n${statementTexts(read('statements.json').statements)}\n`,
  'errors_generated.go': `${banner()}package contract\n\n${errorTable(read('errors.json').types)}\n`,
}
writeGenerated(inFolder(contractDir, outputs), 'schemas/')

/** Makes the type of a definition, once, and gives its name. */
function declare(file, definition) {
  const name = pascal(definition)
  if (declarations.has(name)) return name
  declarations.set(name, '') // In its place before those that it refers to, and known to those that refer back.
  const document = documentOf(file)
  const schema = document.title === definition ? document : document.$defs[definition]
  declarations.set(name, schema.oneOf ? unionOf(file, name, schema) : structOf(file, name, schema))
  return name
}

function structOf(file, name, schema) {
  const fields = Object.entries(schema.properties).map(([key, part]) => {
    const required = schema.required?.includes(key)
    const type = typeOf(file, part, `${name}${pascal(key)}`)
    // An empty text, or false, says what an absent one says; a 0 does not.
    const isNullable = /^(string|bool|\[\].*|map\[.*|json\.RawMessage)$/.test(type)
    const tag = `\`json:"${key}${required ? '' : ',omitempty'}"\``
    return `${comment(part.description, '\t')}\t${pascal(key)} ${required || isNullable ? type : `*${type}`} ${tag}`
  })
  return `${comment(schema.description ? `${name}: ${schema.description}` : undefined)}type ${name} struct {\n${fields.join('\n\n')}\n}`
}

/** A union that is told apart by `kind`: one pointer for each member, of which one is set. */
function unionOf(file, name, schema) {
  const members = schema.oneOf.map((member) => {
    const title = pascal(member.title)
    declarations.set(title, structOf(file, title, member))
    return { title, field: title.replace(new RegExp(`${name}$`), ''), kind: member.properties.kind.const }
  })
  const fields = members.map(({ field, title }) => `\t${field} *${title}`)
  const cases = members.map(
    ({ kind, field, title }) =>
      `\tcase "${kind}":\n\t\tw.${field} = new(${title})\n\t\treturn json.Unmarshal(data, w.${field})`,
  )
  return [
    `// ${name} is one of the following, told apart by Kind: the pointer of that kind is set.`,
    `type ${name} struct {\n\tKind string\n\n\t// Raw is the member as it came.\n\tRaw json.RawMessage\n\n${fields.join('\n\n')}\n}`,
    '',
    `// UnmarshalJSON reads the member that \`kind\` names. One that this worker does not know leaves all pointers nil.`,
    `func (w *${name}) UnmarshalJSON(data []byte) error {`,
    '\tvar head struct {\n\t\tKind string `json:"kind"`\n\t}',
    '\tif err := json.Unmarshal(data, &head); err != nil {\n\t\treturn err\n\t}',
    '\tw.Kind, w.Raw = head.Kind, append(json.RawMessage(nil), data...)',
    `\tswitch head.Kind {\n${cases.join('\n')}\n\t}`,
    '\treturn nil\n}',
  ].join('\n')
}

function typeOf(file, schema, name) {
  if (schema.$ref) return typeOfRef(file, schema.$ref)
  if ('const' in schema) return scalar(Number.isInteger(schema.const) ? 'integer' : typeof schema.const)
  if (schema.enum) return 'string'
  if (schema.anyOf?.every((part) => part.enum || part.type === 'string')) return 'string'
  if (schema.type === 'array') return `[]${typeOf(file, schema.items, name)}`
  if (schema.type === 'object' && schema.properties) {
    if (!declarations.has(name)) declarations.set(name, structOf(file, name, schema))
    return name
  }
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    return `map[string]${typeOf(file, schema.additionalProperties, name)}`
  }
  return typeof schema.type === 'string' ? scalar(schema.type) : 'json.RawMessage'
}

function typeOfRef(file, ref) {
  const [target, fragment = ''] = ref.split('#')
  const inFile = target || file
  const name = fragment.replace('/$defs/', '') || documentOf(inFile).title
  const schema = documentOf(inFile).$defs?.[name] ?? documentOf(inFile)
  return schema.properties || schema.oneOf ? declare(inFile, name) : typeOf(inFile, schema, name)
}

function scalar(type) {
  return { string: 'string', integer: 'int', number: 'float64', boolean: 'bool' }[type] ?? 'json.RawMessage'
}

function errorTable(types) {
  const rows = Object.entries(types).map(([type, row]) => {
    const fields = Object.entries({ catchable: true, ...row }).filter(([key]) => key !== 'description')
    return `\t"${type}": {${fields.map(([key, value]) => `${pascal(key)}: ${value}`).join(', ')}},`
  })
  // gofmt aligns the values of neighbouring lines.
  const width = Math.max(...Object.keys(types).map((type) => type.length)) + 4
  const aligned = rows.map((row) => row.replace(/^(\t"\w+":) /, (_, key) => `${key.padEnd(width)} `))
  const table = `// errorTypes is the one table of schemas/errors.json: how errors of a type are retried. Intervals in milliseconds.\nvar errorTypes = map[string]RetryDefaults{\n${aligned.join('\n')}\n}`
  return table
}

/** The statements that workers of every language send. */
function statementTexts(statements) {
  const names = Object.entries(statements).map(([name, { text }]) => {
    const constant = `Statement${name.split(' ').slice(1).map(pascal).join('')}`
    return `// ${constant} is "${name}".\nconst ${constant} = \`${text}\``
  })
  return names.join('\n\n')
}

function pascal(key) {
  const name = key[0].toUpperCase() + key.slice(1)
  return name.replace(/(Id|Url|Usd|Api|Http|Mcp|Llm)(?=$|[A-Z])/g, (word) => word.toUpperCase())
}

function comment(text, indent = '') {
  if (!text) return ''
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last && last.length + word.length > LINE_MAX) lines.push(word)
    else lines[lines.length - 1] = last ? `${last} ${word}` : word
  }
  return lines.map((line) => `${indent}// ${line}\n`).join('')
}

function banner() {
  return '// Code generated by apps/worker-go/scripts/generate.mjs from schemas/. DO NOT EDIT: npm run generate.\n\n'
}
