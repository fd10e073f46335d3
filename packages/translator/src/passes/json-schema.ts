import { RE2JS } from 're2js'
import { CODES } from '../diagnostics/codes.ts'
import type { Finding, Findings } from '../diagnostics/findings.ts'
import { nearName } from '../diagnostics/near-names.ts'
import type { TranslateLimits } from '../limits.ts'
import { isRecord } from '../program/is-record.ts'
import type { Program } from '../program/program.ts'
import { child, type Pointer, valueAt } from '../source/pointer.ts'
import { KEYWORDS, type KeywordShape, TYPE_NAMES } from './schema-keywords.ts'
import { EXPANSION_MAX, isExplosive } from './schema-size.ts'

type SchemaLimits = Pick<TranslateLimits, 'schemaBytes' | 'schemaDepth'>

/** Checks every JSON Schema of a document: that it is one, that it is bounded, that nothing in it leads outside. */
export function checkSchemas(program: Program, limits: SchemaLimits, findings: Findings): void {
  checkSchema(program.document.inputSchema, child(program.pointer, 'inputSchema'), limits, findings)
  for (const { ir, pointer } of program.nodes) {
    checkSchema(ir.outputSchema, child(pointer, 'outputSchema'), limits, findings)
  }
  for (const { ir, pointer } of program.tools.values()) {
    if (ir.kind === 'mcp') continue
    checkSchema(ir.inputSchema, child(pointer, 'inputSchema'), limits, findings)
    checkSchema(ir.outputSchema, child(pointer, 'outputSchema'), limits, findings)
  }
}

function checkSchema(schema: unknown, pointer: Pointer, limits: SchemaLimits, findings: Findings): void {
  if (!isRecord(schema)) return
  if (JSON.stringify(schema).length > limits.schemaBytes) {
    const message = `this schema is larger than ${limits.schemaBytes} bytes`
    findings.add({ code: 'schema-too-large', path: pointer, message, spot: { at: 'key' } })
    return
  }
  if (isExplosive(schema)) {
    const message = `this schema comes to more than ${EXPANSION_MAX} schemas once its references are followed`
    findings.add({ code: 'schema-too-large', path: pointer, message, spot: { at: 'key' } })
  }
  for (const finding of findingsOfSchema(schema, pointer, limits.schemaDepth)) findings.add(finding)
}

/** All that is wrong with one schema. */
export function findingsOfSchema(root: Record<string, unknown>, pointer: Pointer, depthMax: number): Finding[] {
  const found: Finding[] = []
  visit(root, pointer, 0)
  return found

  function visit(schema: unknown, at: Pointer, depth: number): void {
    if (typeof schema === 'boolean') return
    if (!isRecord(schema)) {
      invalid(at, 'a schema is an object, or true or false')
      return
    }
    if (depth > depthMax) {
      const message = `this schema is more than ${depthMax} levels deep`
      found.push({ code: 'schema-too-large', path: at, message })
      return
    }
    for (const keyword of Object.keys(schema)) {
      const shape = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined
      const place = child(at, keyword)
      if (shape) checkKeyword(keyword, shape, schema[keyword], place, depth)
      else if (!keyword.startsWith('x-')) unknownKeyword(keyword, place)
    }
  }

  function checkKeyword(keyword: string, shape: KeywordShape, value: unknown, at: Pointer, depth: number): void {
    if (keyword === '$ref') checkRef(value, at)
    else if (shape === 'refused') invalid(at, `"${keyword}" is not taken: a schema only refers to itself, by "#/…"`)
    else if (shape === 'schema') visit(value, at, depth + 1)
    else if (shape === 'schemas') visitList(keyword, value, at, depth)
    else if (shape === 'schemaMap') visitMap(keyword, value, at, depth)
    else if (shape === 'pattern' && typeof value === 'string') checkPattern(value, at)
    else if (!WANTED[shape].is(value)) invalid(at, `"${keyword}" has to be ${WANTED[shape].words}`)
    else if (keyword === '$schema' && !String(value).startsWith('https://json-schema.org/draft/2020-12/')) {
      invalid(at, 'schemas are draft 2020-12')
    }
  }

  function visitList(keyword: string, value: unknown, at: Pointer, depth: number): void {
    const isList = Array.isArray(value) && value.length > 0
    if (!isList) invalid(at, `"${keyword}" has to be a list of schemas`)
    else for (const [index, each] of value.entries()) visit(each, child(at, index), depth + 1)
  }

  function visitMap(keyword: string, value: unknown, at: Pointer, depth: number): void {
    if (!isRecord(value)) {
      invalid(at, `"${keyword}" has to be an object of schemas`)
      return
    }
    for (const [key, each] of Object.entries(value)) {
      if (keyword === 'patternProperties') checkPattern(key, child(at, key))
      visit(each, child(at, key), depth + 1)
    }
  }

  function checkRef(value: unknown, at: Pointer): void {
    const problem = typeof value === 'string' ? refProblem(value) : undefined
    if (typeof value !== 'string') invalid(at, '"$ref" has to be a text')
    else if (problem) found.push({ code: 'schema-ref', path: at, message: problem })
  }

  function refProblem(value: string): string | undefined {
    if (!/^#(\/|$)/.test(value)) return `"${value}" is not a place in this schema`
    const seen = new Set<string>()
    for (let ref = value; ; ) {
      const target = targetOf(ref)
      if (target === undefined) return `there is nothing at "${ref}" in this schema`
      seen.add(ref)
      const next = isRecord(target) && typeof target.$ref === 'string' ? target.$ref : undefined
      if (next === undefined) return undefined
      if (seen.has(next)) return `"${value}" leads in a circle, so it describes nothing`
      ref = next
    }
  }

  function targetOf(ref: string): unknown {
    try {
      return valueAt(root, decodeURIComponent(ref.slice(1)))
    } catch {
      return undefined
    }
  }

  function checkPattern(pattern: string, at: Pointer): void {
    const problem = patternProblem(pattern)
    if (problem)
      found.push({ code: 'schema-pattern', path: at, message: `the pattern is not of the syntax of RE2: ${problem}` })
  }

  function unknownKeyword(keyword: string, at: Pointer): void {
    const hint = () => {
      const near = nearName(keyword, Object.keys(KEYWORDS))
      return near === undefined ? CODES['schema-keyword'].hint : `did you mean "${near}"?`
    }
    const message = `JSON Schema has no keyword "${keyword}"`
    found.push({ code: 'schema-keyword', path: at, message, hint, spot: { at: 'key' } })
  }

  function invalid(path: Pointer, message: string): void {
    found.push({ code: 'schema-invalid', path, message })
  }
}

type Wanted = { is(value: unknown): boolean; words: string }

const isNames = (value: unknown) =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') && new Set(value).size === value.length

const isType = (value: unknown) => {
  const names: unknown[] = [value].flat()
  return (
    names.length > 0 &&
    new Set(names).size === names.length &&
    names.every((name) => typeof name === 'string' && TYPE_NAMES.includes(name))
  )
}

const WANTED: Record<Exclude<KeywordShape, 'schema' | 'schemas' | 'schemaMap' | 'refused'>, Wanted> = {
  count: { is: (value) => Number.isInteger(value) && Number(value) >= 0, words: 'a whole number, 0 or more' },
  number: { is: (value) => typeof value === 'number', words: 'a number' },
  positive: { is: (value) => typeof value === 'number' && value > 0, words: 'a number above 0' },
  text: { is: (value) => typeof value === 'string', words: 'a text' },
  pattern: { is: () => false, words: 'a text' },
  boolean: { is: (value) => typeof value === 'boolean', words: 'true or false' },
  names: { is: isNames, words: 'a list of different texts' },
  namesMap: {
    is: (value) => isRecord(value) && Object.values(value).every(isNames),
    words: 'an object of lists of texts',
  },
  type: { is: isType, words: `one of ${TYPE_NAMES.join(', ')}, or a list of them` },
  list: { is: Array.isArray, words: 'a list' },
  any: { is: () => true, words: 'anything' },
}

/** The longest pattern that is taken, as in expressions. */
const PATTERN_MAX = 500

const problems = new Map<string, string | undefined>()

/** Why a pattern is not taken; undefined when it is. Remembered, since compiling costs more than all else here. */
function patternProblem(pattern: string): string | undefined {
  if (pattern.length > PATTERN_MAX) return `it has more than ${PATTERN_MAX} characters`
  if (problems.has(pattern)) return problems.get(pattern)
  if (problems.size > 1000) problems.clear()
  let problem: string | undefined
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  problems.set(pattern, problem)
  return problem
}
