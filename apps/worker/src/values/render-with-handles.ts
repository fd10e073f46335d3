import {
  type EvaluateTask,
  type Json,
  type PlanExpression,
  type Template,
  TreadleError,
  toHandle,
} from '@treadle/contract'
import { type Doubles, parseExpression, renderTemplate } from '@treadle/expressions'

export type Load = (value: Json) => Promise<Json>

/** Renders a template whose scope holds handles. An expression that only passes a value on passes its handle on, unloaded. */
export async function renderWithHandles({ template, expressions, scope }: EvaluateTask, load: Load): Promise<Json> {
  const loaded = new Map<string, Promise<Json>>()
  const rootOf = (root: string) => lookUp(scope as Record<string, Json>, root)
  const loadRoot = (root: string) => {
    const known = loaded.get(root) ?? load(rootOf(root))
    loaded.set(root, known)
    return known
  }

  const expressionAt = (index: number): PlanExpression => {
    const expression = expressions[index]
    if (!expression) throw new Error(`The template refers to expression ${index}, which is not there.`)
    return expression
  }
  const evaluate = async ({ cel, roots, types }: PlanExpression): Promise<Json> => {
    const parsed = parseExpression(cel)
    if (!parsed.ok) throw new TreadleError('invalid_request', parsed.errors[0]?.message ?? `\`${cel}\` is not CEL`)
    const variables: Record<string, Json> = {}
    for (const root of roots) put(variables, root, await loadRoot(root))
    return parsed.expression.evaluate(variables, types as Doubles | undefined)
  }

  const render = async (part: Template): Promise<Json> => {
    if ('lit' in part) return part.lit as Json
    if ('blob' in part) return toHandle(part.blob)
    if ('expr' in part) {
      const expression = expressionAt(part.expr)
      const [root] = expression.roots
      return expression.whole && root !== undefined ? rootOf(root) : evaluate(expression)
    }
    if ('text' in part) {
      const pieces = new Map<number, Json>()
      for (const piece of part.text) {
        if (typeof piece !== 'string') pieces.set(piece.expr, await evaluate(expressionAt(piece.expr)))
      }
      return renderTemplate(part, (index) => pieces.get(index) ?? null)
    }
    if ('arr' in part) return inOrder(part.arr, render)
    const entries = Object.entries(part.obj).flatMap(([key, item]) =>
      item === undefined ? [] : [[key, item] as const],
    )
    const items = await inOrder(entries, ([, item]) => render(item))
    return Object.fromEntries(entries.map(([key], index) => [key, items[index] ?? null]))
  }
  return render(template)
}

/** One after the other: what is loaded at the same time stays within bounds, and the first error is always the same. */
async function inOrder<T>(parts: readonly T[], render: (part: T) => Promise<Json>): Promise<Json[]> {
  const rendered: Json[] = []
  for (const part of parts) rendered.push(await render(part))
  return rendered
}

/** `nodes.classify` is the field `classify` of the variable `nodes`. */
function lookUp(scope: Record<string, Json>, root: string): Json {
  const [name = '', ...fields] = root.split('.')
  let value: Json | undefined = Object.hasOwn(scope, name) ? scope[name] : undefined
  for (const field of fields) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    value = isObject && Object.hasOwn(value as object, field) ? (value as Record<string, Json>)[field] : undefined
  }
  if (value === undefined) throw new TreadleError('invalid_request', `\`${root}\` is not in scope here`)
  return value
}

function put(variables: Record<string, Json>, root: string, value: Json): void {
  const [name = '', field] = root.split('.')
  if (field === undefined) variables[name] = value
  else variables[name] = { ...(variables[name] as Record<string, Json> | undefined), [field]: value }
}
