import { child, type Pointer, valueAt } from '../source/pointer.ts'

/** One change of a document that makes it wrong. `at` is where a finding is expected: there, inside it, or around it. */
export type Mutation = { what: string; at: Pointer; document: unknown }

type Visit = { value: unknown; pointer: Pointer; key: string }

/** Keys under which everything is the author's own: a change there makes another document, not a wrong one. */
const OWN_DATA = /\/(description|x-[^/]*|examples|default|enum|title|secret|prefix|version)(\/|$)/

/** Every required field removed, one after the other; `required` says which fields a value of the document needs. */
export function withoutRequired(
  document: unknown,
  required: (value: unknown, pointer: Pointer) => string[],
): Mutation[] {
  return visits(document).flatMap(({ value, pointer }) =>
    required(value, pointer).map((field) => ({
      what: `without ${child(pointer, field)}`,
      at: pointer,
      document: changed(document, pointer, (object) => omit(object, field)),
    })),
  )
}

/** Every expression cut in the middle, or left open. */
export function withCutExpressions(document: unknown): Mutation[] {
  return strings(document).flatMap(({ value, pointer, key }) => {
    if (!isExpression(value, key)) return []
    const cut = (text: string) => ({
      what: `${pointer} cut to ${JSON.stringify(text)}`,
      at: pointer,
      document: changed(document, pointer, () => text),
    })
    const open = value.lastIndexOf('}')
    return BARE.has(key)
      ? [cut(`${value} &&`), cut(`(${value}`)]
      : [cut(value.slice(0, open)), cut(value.replace('}', ' + }'))]
  })
}

/** Every name that stands for something else, misspelt. */
export function withMisspelling(document: unknown): Mutation[] {
  return strings(document).flatMap(({ value, pointer, key }) => {
    const misspelt = new Set<string>()
    if (NAMES.test(pointer)) misspelt.add(`${value}x`)
    if (isExpression(value, key)) {
      for (const [name] of value.matchAll(/\b(nodes|states)\.\??[A-Za-z_]\w*/g)) {
        misspelt.add(value.replace(name, `${name}x`))
      }
      const root = /\b(input|item|state|result|error|args)\b(?=[.\s})=[]|$)/.exec(value)?.[0]
      if (root) misspelt.add(value.replace(new RegExp(`\\b${root}\\b`), `${root}x`))
    }
    return [...misspelt]
      .filter((text) => text !== value && !/\.\?states|states\.\?/.test(text))
      .map((text) => ({
        what: `${pointer} misspelt as ${JSON.stringify(text)}`,
        at: pointer,
        document: changed(document, pointer, () => text),
      }))
  })
}

/** Every value's type swapped: an object for what is none, and a number for what is one. */
export function withSwappedTypes(document: unknown): Mutation[] {
  return visits(document).flatMap(({ value, pointer }) => {
    if (pointer === '') return []
    const other = typeof value === 'object' && value !== null ? 7 : { swapped: true }
    const at = pointer
    return [{ what: `${pointer} as ${JSON.stringify(other)}`, at, document: changed(document, pointer, () => other) }]
  })
}

/** Fields that are bare CEL. */
const BARE = new Set(['when', 'until', 'over'])

/** Texts that name something of the document. The `model` of a model is the provider's name, and any could be right. */
const NAMES = /(?<!\/models\/[^/]+)\/(model|tool|start)$|\/next\/\d+\/to$|\/(after|tools|approve)\/\d+$/

const isExpression = (value: string, key: string) => BARE.has(key) || value.includes('${')

function visits(root: unknown): Visit[] {
  const found: Visit[] = []
  const walk = (value: unknown, pointer: Pointer, key: string): void => {
    if (OWN_DATA.test(pointer)) return
    found.push({ value, pointer, key })
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) walk(inner, child(pointer, name), name)
  }
  walk(root, '', '')
  return found
}

function strings(document: unknown): { value: string; pointer: Pointer; key: string }[] {
  return visits(document).flatMap((visit) =>
    typeof visit.value === 'string' ? [{ ...visit, value: visit.value }] : [],
  )
}

/** A copy of the document with the value at a place replaced. */
function changed(document: unknown, pointer: Pointer, change: (value: unknown) => unknown): unknown {
  const copy = structuredClone(document)
  if (pointer === '') return change(copy)
  const at = pointer.lastIndexOf('/')
  const parent = valueAt(copy, pointer.slice(0, at)) as Record<string, unknown>
  const key = pointer
    .slice(at + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
  parent[key] = change(parent[key])
  return copy
}

function omit(value: unknown, field: string): unknown {
  const { [field]: _, ...rest } = value as Record<string, unknown>
  return rest
}
