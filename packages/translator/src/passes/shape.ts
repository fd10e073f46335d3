import type { ErrorObject } from 'ajv'
import type { Finding, Findings } from '../diagnostics/findings.ts'
import { nearName, nearNameHint } from '../diagnostics/near-names.ts'
import { child, keysOf, type Pointer, valueAt } from '../source/pointer.ts'
import { irValidator } from './ir-validator.ts'

/**
 * Pass 2: the document against `schemas/ir.v1.schema.json`. One finding for each cause, at its place: what the validator
 * says about wrappers, and about a field that is missing because it is misspelt, is left out.
 */
export function checkShape(document: unknown, findings: Findings): void {
  const validate = irValidator()
  if (validate(document)) return
  const errors = (validate.errors ?? []).slice(0, ERRORS_MAX).filter(({ keyword }) => !WRAPPERS.has(keyword))
  const meant = new Set<Pointer>()
  for (const error of errors) {
    if (error.keyword === 'required') continue
    const finding = toFinding(error, document, meant)
    if (finding) findings.add(finding)
  }
  for (const error of errors) {
    if (error.keyword !== 'required') continue
    const field = String(error.params.missingProperty)
    if (meant.has(child(error.instancePath, field))) continue
    const message = `${describe(error.instancePath, document)} needs the field "${field}"`
    findings.add({
      code: 'missing-field',
      path: error.instancePath,
      message,
      spot: { at: 'key' },
      hint: `add "${field}"`,
    })
  }
}

/** Many times what an answer shows; a document can have more mistakes than anybody has time to phrase. */
const ERRORS_MAX = 2000

/** They repeat what an error inside them says. */
const WRAPPERS = new Set(['if', 'oneOf', 'anyOf', 'not', 'propertyNames'])

function toFinding(error: ErrorObject, document: unknown, meant: Set<Pointer>): Finding | undefined {
  const { instancePath: path, keyword, params } = error
  if (error.propertyName !== undefined) return badName(error, path)
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    return unknownField(error, document, meant)
  }
  if (keyword === 'discriminator') return unknownKind(error, path)
  if (keyword === 'type') {
    const message = `${describe(path, document)} has to be ${withArticle(params.type)}, and is ${kindOf(valueAt(document, path))}`
    return { code: 'wrong-type', path, message }
  }
  return { code: 'wrong-value', path, message: `${describe(path, document)} ${rule(error)}` }
}

function unknownField(error: ErrorObject, document: unknown, meant: Set<Pointer>): Finding | undefined {
  const field = String(error.params.additionalProperty ?? error.params.unevaluatedProperty)
  const known = knownFields(error.parentSchema)
  // Where a field of the common part is wrong, the validator takes the whole common part for unknown.
  if (known.has(field)) return undefined
  const near = nearName(field, known)
  if (near !== undefined) meant.add(child(error.instancePath, near))
  return {
    code: 'unknown-field',
    path: child(error.instancePath, field),
    message: `${describe(error.instancePath, document)} has no field "${field}"`,
    hint: near === undefined ? 'take it out, or begin its name with "x-" if it is yours' : `did you mean "${near}"?`,
    spot: { at: 'key' },
  }
}

function unknownKind(error: ErrorObject, path: Pointer): Finding | undefined {
  const kind: unknown = error.params.tagValue
  if (kind === undefined) return undefined
  const place = child(path, 'kind')
  if (typeof kind !== 'string') {
    return { code: 'wrong-type', path: place, message: `"kind" has to be a text, and is ${kindOf(kind)}` }
  }
  const known = kindsOf(error.parentSchema)
  const hint = nearNameHint(kind, known, 'see schemas/ir.v1.schema.json')
  return { code: 'unknown-kind', path: place, message: `there is no kind "${kind}"`, hint }
}

function badName(error: ErrorObject, path: Pointer): Finding {
  const name = String(error.propertyName)
  return {
    code: 'bad-name',
    path: child(path, name),
    message: `"${name}" is no name that can stand here: it has to match ${error.params.pattern}`,
    spot: { at: 'key' },
  }
}

/** What the rule of an error asks for, to stand after the name of the place. */
function rule({ keyword, params, parentSchema }: ErrorObject): string {
  const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
  if (keyword === 'const') return `has to be ${JSON.stringify(params.allowedValue)}`
  if (keyword === 'enum') {
    return `has to be one of ${params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`
  }
  if (keyword === 'pattern') {
    const example = parentSchema?.examples?.[0]
    return `has to match ${params.pattern}${example === undefined ? '' : `, as ${JSON.stringify(example)} does`}`
  }
  if (keyword === 'minProperties') return `needs at least ${plural(params.limit, 'member')}`
  if (keyword === 'minItems') return `needs at least ${plural(params.limit, 'item')}`
  if (keyword === 'maxItems') return `may have at most ${plural(params.limit, 'item')}`
  if (keyword === 'minLength') return 'may not be empty'
  if (keyword === 'maxLength') return `may have at most ${params.limit} characters`
  if (keyword === 'uniqueItems') return `names the same thing twice (items ${params.j} and ${params.i})`
  if (params.comparison) return `has to be ${params.comparison} ${params.limit}`
  return `does not fit: ${keyword} ${JSON.stringify(params)}`
}

type SchemaPart = { [keyword: string]: unknown; properties?: object; allOf?: { $ref?: string }[] }

/** The fields that a schema of ours takes; `nodeCommon` is the one that is brought in by reference. */
function knownFields(schema: SchemaPart | undefined): Set<string> {
  const own = Object.keys(schema?.properties ?? {})
  const common = schema?.allOf ? Object.keys(definition('nodeCommon')?.properties ?? {}) : []
  return new Set([...own, ...common])
}

function kindsOf(schema: SchemaPart | undefined): string[] {
  const branches = (schema?.oneOf ?? []) as { $ref: string }[]
  return branches.flatMap(({ $ref }) => {
    const kind = (definition($ref.slice('#/$defs/'.length))?.properties as { kind?: { const?: string } } | undefined)
      ?.kind
    return kind?.const ?? []
  })
}

function definition(name: string): SchemaPart | undefined {
  return (irValidator().schema as { $defs: Record<string, SchemaPart> }).$defs[name]
}

/** How a place is called in a message: its node with the kind, or its key. */
function describe(path: Pointer, document: unknown): string {
  const keys = keysOf(path)
  const last = keys.at(-1)
  if (last === undefined) return 'the document'
  const value = valueAt(document, path)
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (typeof kind === 'string') return `the ${kind} ${keys.at(-2) === 'tools' ? 'tool ' : ''}"${last}"`
  return /^\d+$/.test(last) ? `item ${last} of "${keys.at(-2)}"` : `"${last}"`
}

function withArticle(type: unknown): string {
  const names = [type].flat().map((name) => TYPE_NAMES[String(name)] ?? String(name))
  return names.join(' or ')
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a text',
  object: 'an object',
  array: 'a list',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}

/** What a value is, in words. */
function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'string' ? 'a text' : 'an object'
}
