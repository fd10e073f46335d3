import { type Json, type Plan, type Template, toHandle } from '@treadle/contract'
import { expressionsOf, type Template as PlainTemplate } from '@treadle/expressions'

/** A template made ready to be rendered: where it reads what, found once per plan in a process. */
export type PreparedTemplate = {
  /** Blobs of the plan are literals here: handles. */
  readonly plain: PlainTemplate
  /** Numbers of the expressions in it. */
  readonly expressions: readonly number[]
  /** Of these, those that stand inside a longer text: their value is read, so a handle has to be loaded. */
  readonly inText: ReadonlySet<number>
}

// Pure values of an immutable plan: sharing them between runs changes nothing.
const prepared = new WeakMap<Template, PreparedTemplate>()

export function prepareTemplate(template: Template): PreparedTemplate {
  const known = prepared.get(template)
  if (known) return known
  const plain = toPlain(template)
  const made = { plain, expressions: expressionsOf(plain), inText: new Set(inTextOf(plain)) }
  prepared.set(template, made)
  return made
}

function toPlain(template: Template): PlainTemplate {
  if ('blob' in template) return { lit: toHandle(template.blob) as unknown as Json }
  if ('arr' in template) return { arr: template.arr.map(toPlain) }
  if ('obj' in template)
    return { obj: Object.fromEntries(entriesOf(template.obj).map(([key, part]) => [key, toPlain(part)])) }
  return template as PlainTemplate
}

function inTextOf(template: PlainTemplate): number[] {
  if ('text' in template) return template.text.flatMap((part) => (typeof part === 'string' ? [] : [part.expr]))
  if ('arr' in template) return template.arr.flatMap(inTextOf)
  if ('obj' in template) return Object.values(template.obj).flatMap(inTextOf)
  return []
}

const entriesOf = (object: { [key: string]: Template | undefined }) =>
  Object.entries(object).flatMap(([key, part]) => (part === undefined ? [] : [[key, part] as const]))

/**
 * The same template with just the expressions that it uses, numbered from 0: what travels to the activity `evaluate` instead of the whole
 * plan's expressions.
 */
export function extractTemplate(plan: Plan, { plain, expressions }: PreparedTemplate) {
  const used = [...new Set(expressions)]
  return {
    template: renumber(plain, new Map(used.map((index, at) => [index, at]))),
    expressions: used.flatMap((index) => plan.expressions[index] ?? []),
  }
}

function renumber(template: PlainTemplate, numbers: ReadonlyMap<number, number>): PlainTemplate {
  const numberOf = (index: number) => ({ expr: numbers.get(index) ?? index })
  if ('expr' in template) return numberOf(template.expr)
  if ('text' in template)
    return { text: template.text.map((part) => (typeof part === 'string' ? part : numberOf(part.expr))) }
  if ('arr' in template) return { arr: template.arr.map((part) => renumber(part, numbers)) }
  if ('obj' in template)
    return {
      obj: Object.fromEntries(Object.entries(template.obj).map(([key, part]) => [key, renumber(part, numbers)])),
    }
  return template
}
