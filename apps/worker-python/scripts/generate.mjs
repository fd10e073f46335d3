/**
 * Types of the documents that cross to Python, the table of errors and the shared statements, written to src/treadle/generated/.
 * With --check nothing is written: exit code 1 and the stale files' names where they differ.
 */
import { readFileSync } from 'node:fs'
import { inFolder, writeGenerated } from '../../../scripts/generated-files.mjs'

const schemasDir = new URL('../../../schemas/', import.meta.url)
const generatedDir = new URL('../src/treadle/generated/', import.meta.url)
/** What a worker is given and gives back, and what these refer to. */
const ROOTS = ['NodeTask', 'NodeResult', 'NodeFailure', 'ModelTurnAnswer', 'Blob']

const files = ['common', 'event', 'node-task', 'plan'].map((name) => `${name}.v1.schema.json`)
const definitions = new Map()
for (const file of files) {
  const { $defs = {}, ...root } = read(file)
  for (const [name, schema] of Object.entries({ ...$defs, [root.title]: root })) definitions.set(name, { file, schema })
}

const declared = new Map()
const outputs = {
  '__init__.py': banner(),
  'types.py': typesModule(),
  'errors.py': errorsModule(),
  'statements.py': statementsModule(),
}

writeGenerated(inFolder(generatedDir, outputs), 'schemas/')

function typesModule() {
  for (const name of ROOTS) declare(name)
  return `${banner()}from typing import Any, Literal, NotRequired, TypedDict\n\n${[...declared.values()].join('\n')}`
}

/** The Python name of a definition, which is declared before whatever refers to it. */
function declare(name) {
  if (declared.has(name)) return name
  const found = definitions.get(name)
  if (!found) throw new Error(`No schema defines ${name}.`)
  declared.set(name, '') // A cycle would find it here.
  const { schema } = found
  const text = isRecord(schema) ? typedDict(name, schema) : `${name} = ${typeOf(schema, name)}\n`
  declared.delete(name) // To the end: what it refers to comes first.
  declared.set(name, text)
  return name
}

function isRecord({ type, properties }) {
  return type === 'object' && properties !== undefined
}

/** The functional form: \`$blob\` is no name of Python's. */
function typedDict(name, { properties, required = [], description }) {
  const fields = Object.entries(properties).map(([key, schema]) => {
    const type = typeOf(schema, `${name}${key[0].toUpperCase()}${key.slice(1)}`)
    return `    ${JSON.stringify(key)}: ${required.includes(key) ? type : `NotRequired[${type}]`},`
  })
  const comment = description ? `# ${description.split('\n')[0]}\n` : ''
  return `${comment}${name} = TypedDict(\n  ${JSON.stringify(name)},\n  {\n${fields.join('\n')}\n  },\n)\n`
}

function typeOf(schema, name) {
  if (typeof schema !== 'object') return 'Any'
  if (schema.$ref)
    return declare(
      schema.$ref
        .split('/')
        .at(-1)
        .replace(/\.v1\.schema\.json$/, ''),
    )
  if (schema.const !== undefined) return `Literal[${literal(schema.const)}]`
  if (schema.enum) return `Literal[${schema.enum.map(literal).join(', ')}]`
  const options = schema.oneOf ?? schema.anyOf
  if (options) return options.map((option, index) => typeOf(option, option.title ?? `${name}${index}`)).join(' | ')
  if (isRecord(schema)) {
    const own = schema.title ?? name
    if (!declared.has(own)) declared.set(own, typedDict(own, schema))
    return own
  }
  if (schema.type === 'array') return `list[${typeOf(schema.items ?? true, `${name}Item`)}]`
  if (schema.type === 'object') return `dict[str, ${typeOf(schema.additionalProperties ?? true, `${name}Value`)}]`
  return { string: 'str', integer: 'int', number: 'float', boolean: 'bool', null: 'None' }[schema.type] ?? 'Any'
}

function literal(value) {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return JSON.stringify(value)
}

function errorsModule() {
  const rows = Object.entries(read('errors.json').types).map(([type, { description: _, ...row }]) => {
    const fields = Object.entries(row).map(([key, value]) => `"${key}": ${literal(value)}`)
    return `    "${type}": {${fields.join(', ')}},`
  })
  return `${banner()}from typing import Any, Final\n\nERROR_TYPES: Final[dict[str, dict[str, Any]]] = {\n${rows.join('\n')}\n}\n`
}

function statementsModule() {
  const rows = Object.entries(read('statements.json').statements).map(
    ([name, { text }]) => `    ${JSON.stringify(name)}: ${JSON.stringify(text)},`,
  )
  return `${banner()}from typing import Final\n\nSTATEMENTS: Final[dict[str, str]] = {\n${rows.join('\n')}\n}\n`
}

function read(name) {
  return JSON.parse(readFileSync(new URL(name, schemasDir), 'utf8'))
}

function banner() {
  return '# Made by apps/worker-python/scripts/generate.mjs from schemas/. Do not edit: npm run generate.\n\n'
}
