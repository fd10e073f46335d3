import type { Json } from '../json.ts'

/**
 * A compiled template; also how it stands in a plan. Expressions are numbers: indexes into the plan's `expressions`.
 */
export type Template =
  /** A part without expressions. */
  | { lit: Json }
  /** A string that is one whole `${ … }`: keeps the type of the expression. */
  | { expr: number }
  /** A string with expressions in it. */
  | { text: (string | { expr: number })[] }
  | { obj: { [key: string]: Template } }
  | { arr: Template[] }

/** The number of every expression in the template, in the order in which they stand. */
export function expressionsOf(template: Template): number[] {
  if ('lit' in template) return []
  if ('expr' in template) return [template.expr]
  if ('text' in template) return template.text.flatMap((part) => (typeof part === 'string' ? [] : [part.expr]))
  const parts = 'arr' in template ? template.arr : Object.values(template.obj)
  return parts.flatMap(expressionsOf)
}
