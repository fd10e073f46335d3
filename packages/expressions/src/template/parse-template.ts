import type { ExpressionIssue } from '../issue.ts'
import type { Json } from '../json.ts'
import { scanString } from './scan-string.ts'
import type { Template } from './template.ts'

/** Where in a template an expression stands. */
export interface TemplatePlace {
  /** JSON Pointer to the string, inside the template. */
  pointer: string
  /** Where the source begins in that string, in UTF-16 units. */
  offset: number
}

/** `offset` counts in the string at `pointer`. */
export interface TemplateIssue extends ExpressionIssue {
  pointer: string
}

/**
 * Compiles a template. What it holds of expressions goes to `intern`, which gives each source its number and keeps its
 * place; the sources are not parsed here.
 */
export function parseTemplate(
  value: Json,
  intern: (source: string, place: TemplatePlace) => number,
): { template: Template; issues: TemplateIssue[] } {
  const issues: TemplateIssue[] = []
  return { template: compile(value, ''), issues }

  function compile(part: Json, pointer: string): Template {
    if (typeof part === 'string') return compileString(part, pointer)
    if (Array.isArray(part)) {
      const arr = part.map((item, i) => compile(item, `${pointer}/${i}`))
      return arr.every(isLiteral) ? { lit: arr.map((item) => item.lit) } : { arr }
    }
    if (part !== null && typeof part === 'object') return compileObject(part, pointer)
    return { lit: part }
  }

  function compileObject(part: { [key: string]: Json }, pointer: string): Template {
    const entries = Object.entries(part).map(([key, item]) => [key, compile(item, child(pointer, key))] as const)
    const literals = entries.flatMap(([key, item]) => (isLiteral(item) ? [[key, item.lit] as const] : []))
    // fromEntries, as an assignment to `__proto__` would not make a key of it.
    return literals.length === entries.length
      ? { lit: Object.fromEntries(literals) }
      : { obj: Object.fromEntries(entries) }
  }

  function compileString(string: string, pointer: string): Template {
    if (!string.includes('${')) return { lit: string }
    const text: (string | { expr: number })[] = []
    for (const part of scanString(string)) {
      if (part.kind === 'text') text.push(part.text)
      else if (part.kind === 'open') issues.push(unended(string, pointer, part.offset))
      else text.push({ expr: intern(part.source, { pointer, offset: part.offset }) })
    }
    const [only = ''] = text
    if (text.length > 1) return { text }
    return typeof only === 'string' ? { lit: only } : only
  }
}

const isLiteral = (template: Template): template is { lit: Json } => 'lit' in template

const child = (pointer: string, key: string) => `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`

const unended = (string: string, pointer: string, offset: number): TemplateIssue => ({
  code: 'syntax',
  message: 'nothing ends this ${: close it with }, or write $${ for a literal ${',
  pointer,
  offset,
  length: string.length - offset,
})
