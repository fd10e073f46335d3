import { ExpressionError } from '../expression-error.ts'
import { canonicalJson, type Json } from '../json.ts'
import { OUTPUT_BYTES_MAX } from '../limits.ts'
import type { Template } from './template.ts'

/**
 * The value of a template. In a text, strings stand as they are and everything else as RFC 8785 JSON.
 * @param evaluate gives the value of an expression by its number; what it throws is thrown on
 * @throws ExpressionError `limit` if a text becomes too long
 */
export function renderTemplate(template: Template, evaluate: (index: number) => Json): Json {
  if ('lit' in template) return template.lit
  if ('expr' in template) return evaluate(template.expr)
  if ('text' in template) return renderText(template.text, evaluate)
  if ('arr' in template) return template.arr.map((item) => renderTemplate(item, evaluate))
  return Object.fromEntries(Object.entries(template.obj).map(([key, item]) => [key, renderTemplate(item, evaluate)]))
}

function renderText(parts: (string | { expr: number })[], evaluate: (index: number) => Json): string {
  let text = ''
  for (const part of parts) {
    text += typeof part === 'string' ? part : asText(evaluate(part.expr))
    if (text.length > OUTPUT_BYTES_MAX)
      throw new ExpressionError('limit', `a text becomes longer than ${OUTPUT_BYTES_MAX} characters`)
  }
  return text
}

const asText = (value: Json) => (typeof value === 'string' ? value : canonicalJson(value))
