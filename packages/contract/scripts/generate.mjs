/**
 * Types and embedded copies of everything in schemas/, written to src/generated/.
 * With --check nothing is written: exit code 1 and the stale files' names where they differ.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { compile } from 'json-schema-to-typescript'
import { inFolder, writeGenerated } from '../../../scripts/generated-files.mjs'

const schemasDir = new URL('../../../schemas/', import.meta.url)
const generatedDir = new URL('../src/generated/', import.meta.url)
const storageDir = new URL('../../storage/src/generated/', import.meta.url)
/** Keywords whose keys are names of the author's, `default` and `examples` among them. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])

/** A schema with none of these takes any JSON. */
const SHAPES = ['type', 'enum', 'const', 'properties', 'anyOf', 'oneOf', 'allOf', 'required', 'items', '$ref']
/** An object schema with none of these has any keys. */
const OBJECT_SHAPES = [
  'properties',
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
  'required',
  'allOf',
  'oneOf',
  'anyOf',
]

const files = readdirSync(schemasDir)
  .filter((name) => name.endsWith('.schema.json'))
  .sort()
const schemas = Object.fromEntries(
  files.map((name) => [name, JSON.parse(readFileSync(new URL(name, schemasDir), 'utf8'))]),
)
const errors = JSON.parse(readFileSync(new URL('errors.json', schemasDir), 'utf8'))

const outputs = {
  'types.ts': await generateTypes(),
  'schemas.ts': `${banner()}export const SCHEMAS: Record<string, object> = ${JSON.stringify(schemas)}\n`,
  'errors.ts': `${banner()}export const ERROR_TABLE = ${JSON.stringify(errors, null, 2)} as const\n`,
}

writeGenerated(
  new Map([...inFolder(generatedDir, outputs), ...inFolder(storageDir, { 'statements.ts': statements() })]),
  'schemas/',
)

/** The SQL that workers of every language send. It is the storage's, and not the contract's: workflows have no use for it. */
function statements() {
  const { statements } = JSON.parse(readFileSync(new URL('statements.json', schemasDir), 'utf8'))
  const texts = Object.fromEntries(Object.entries(statements).map(([name, { text }]) => [name, text]))
  return `${banner()}export const STATEMENTS = ${JSON.stringify(texts, null, 2)} as const\n`
}

/** All documents as one schema, so that a shape which several refer to becomes one type. */
async function generateTypes() {
  const definitions = {}
  for (const [file, schema] of Object.entries(schemas)) {
    const { $defs = {}, $schema, $id, ...root } = schema
    const local = { ...$defs }
    if (Object.keys(root).some((key) => key !== 'title' && key !== 'description')) local[schema.title] = root
    for (const [name, definition] of Object.entries(local)) {
      const unique = typeName(file, name)
      if (definitions[unique]) throw new Error(`Two definitions are called ${unique}; rename the one in ${file}`)
      definitions[unique] = rewrite(file, { ...definition, title: unique })
    }
  }
  const text = await compile(
    { title: 'Documents', type: 'object', additionalProperties: false, definitions },
    'Documents',
    {
      additionalProperties: false,
      bannerComment: '',
      unreachableDefinitions: true,
      strictIndexSignatures: true,
      maxItems: -1,
      style: { semi: false, singleQuote: true, printWidth: 120 },
    },
  )
  return (
    banner() +
    text
      .replace(/export interface Documents \{\}\n/, '')
      .replace(
        /\n? \* This interface was referenced by `Documents`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
        '\n',
      )
      .replace(/\n \*\n \*\//g, '\n */')
      .replace(/\/\*\*\n \*\/\n/g, '')
      // A type alias, unlike an interface, is assignable to `Json`.
      .replace(/^export interface (\w+) \{/gm, 'export type $1 = {')
  )
}

/** The IR's own names (`Node`, `Template`, …) would meet the plan's, so they carry a prefix. */
function typeName(file, name) {
  if (!file.startsWith('ir.') || name.startsWith('Ir')) return name
  return `Ir${name[0].toUpperCase()}${name.slice(1)}`
}

function rewrite(file, node, isMap = false) {
  if (Array.isArray(node)) return node.map((item) => rewrite(file, item))
  if (node === null || typeof node !== 'object') return node
  // What stands beside a $ref would make a numbered copy of the type (`Time1`), so it stays in the schema only.
  if (typeof node.$ref === 'string' && !isMap) return { $ref: `#/definitions/${targetName(file, node.$ref)}` }
  if (!isMap && !SHAPES.some((keyword) => keyword in node)) return { ...node, tsType: 'unknown' }
  const copy = {}
  const isOpenObject =
    !isMap && [node.type].flat().includes('object') && !OBJECT_SHAPES.some((keyword) => keyword in node)
  if (isOpenObject)
    return { ...node, tsType: `Record<string, unknown>${[node.type].flat().includes('boolean') ? ' | boolean' : ''}` }
  for (const [key, value] of Object.entries(node)) {
    if (isMap) copy[key] = rewrite(file, value)
    else if (MAPS.has(key)) copy[key] = rewrite(file, value, true)
    else if (key === 'examples' || key === 'default') copy[key] = value
    else if (key === 'unevaluatedProperties') copy.additionalProperties = value
    else copy[key] = rewrite(file, value)
  }
  return copy
}

function targetName(file, ref) {
  const [target, fragment = ''] = ref.split('#')
  const inFile = target || file
  const schema = schemas[inFile]
  if (!schema) throw new Error(`${file}: no schema ${inFile}`)
  return typeName(inFile, fragment.startsWith('/$defs/') ? fragment.slice('/$defs/'.length) : schema.title)
}

function banner() {
  return '// Made by packages/contract/scripts/generate.mjs from schemas/. Do not edit: npm run generate.\n\n'
}
