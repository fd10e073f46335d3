import { handlesIn, INLINE_BYTES_MAX, isHandle, type Json, type PlanExpression, type Template } from '@treadle/contract'
import { type Doubles, type Expression, parseExpression, type Reference, renderTemplate } from '@treadle/expressions'
import { at, type Engine } from './engine.ts'
import { fail } from './failure.ts'
import { fieldOf, lookUp, type Scope, variablesOf } from './scope.ts'
import { extractTemplate, type PreparedTemplate, prepareTemplate } from './template.ts'

/** Where something is rendered: a call, or a body. `path` names it to the host. */
export type Site = { readonly engine: Engine; readonly path: string; readonly scope: Scope }

/** The value of a template. Where it reads into a handle, or makes something large, the host renders it. */
export async function render(site: Site, template: Template, scope: Scope = site.scope): Promise<Json> {
  const prepared = prepareTemplate(template)
  if (readsHandle(site, prepared, scope)) return renderElsewhere(site, prepared, scope)
  const value = renderHere(site, prepared, scope)
  return isLarge(value) ? keep(site, value) : value
}

/** The value of a bare expression, such as `until`. */
export const evaluate = (site: Site, index: number, scope: Scope = site.scope): Promise<Json> =>
  render(site, { expr: index }, scope)

/** A condition has to give true or false: an empty text that counts as false would hide a mistake. */
export async function holds(site: Site, index: number, what: string, scope: Scope = site.scope): Promise<boolean> {
  const value = await evaluate(site, index, scope)
  if (typeof value === 'boolean') return value
  throw fail('invalid_request', `\`${what}\` has to give true or false, not ${nameOf(value)}`)
}

/** A list that stays a list, however large: its items may be handles. Null where the expression gives null. */
export async function evaluateList(site: Site, index: number): Promise<Json> {
  const prepared = prepareTemplate({ expr: index })
  if (readsHandle(site, prepared, site.scope)) return renderElsewhere(site, prepared, site.scope, true)
  const value = renderHere(site, prepared, site.scope)
  return handlesIn(value).length > 0 && !Array.isArray(value)
    ? site.engine.host.evaluate({ path: site.path, expressions: [], template: { lit: value }, scope: {}, spread: true })
    : value
}

/** The value itself, or a handle where it is large: nothing large stays in the workflow. */
export async function keep(site: Site, value: Json): Promise<Json> {
  if (!isLarge(value)) return value
  return site.engine.host.evaluate({ path: site.path, expressions: [], template: { lit: value }, scope: {} })
}

function renderHere(site: Site, { plain }: PreparedTemplate, scope: Scope): Json {
  return renderTemplate(plain, (index) =>
    valueOfExpression(at(site.engine.plan.expressions, index, 'expression'), scope),
  )
}

function renderElsewhere(site: Site, prepared: PreparedTemplate, scope: Scope, spread?: true): Promise<Json> {
  const { plan, host } = site.engine
  const { template, expressions } = extractTemplate(plan, prepared)
  const roots = [...new Set(expressions.flatMap((expression) => expression.roots))]
  const request = { path: site.path, expressions, template, scope: variablesOf(scope, roots) }
  return host.evaluate(spread ? { ...request, spread } : request)
}

function valueOfExpression(expression: PlanExpression, scope: Scope): Json {
  const variables = variablesOf(scope, expression.roots)
  return parse(expression).evaluate(variables, expression.types as Doubles | undefined)
}

function parse({ cel }: PlanExpression): Expression {
  const parsed = parseExpression(cel)
  if (!parsed.ok) throw fail('invalid_request', parsed.errors[0]?.message ?? `\`${cel}\` is not CEL`)
  return parsed.expression
}

/** Says whether some expression reads into what a handle stands for; passing a handle on is not reading it. */
function readsHandle(site: Site, { expressions, inText }: PreparedTemplate, scope: Scope): boolean {
  return expressions.some((index) => {
    const expression = at(site.engine.plan.expressions, index, 'expression')
    if (!expression.roots.some((root) => holdsHandle(lookUp(scope, root)))) return false
    const variables = variablesOf(scope, expression.roots)
    return parse(expression).references.some((reference) => reads(variables, reference, inText.has(index)))
  })
}

function reads(variables: Record<string, Json>, { path, whole }: Reference, inText: boolean): boolean {
  let value: Json = variables
  for (const name of path) {
    if (isHandle(value)) return true
    const next: Json | undefined = fieldOf(value, name)
    if (next === undefined) return false // Evaluating it says what is missing.
    value = next
  }
  return holdsHandle(value) && (inText || !whole)
}

// Values are never changed, so what was found out about one stays true.
const withHandle = new WeakMap<object, boolean>()
const sizes = new WeakMap<object, number>()

function holdsHandle(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false
  let known = withHandle.get(value)
  if (known === undefined) {
    known = handlesIn(value).length > 0
    withHandle.set(value, known)
  }
  return known
}

/** Bytes of its JSON are at least its UTF-16 units and at most three times as many: counting is left out where it cannot matter. */
function isLarge(value: Json): boolean {
  if (typeof value === 'string')
    return value.length > INLINE_BYTES_MAX / 6 && bytesOf(JSON.stringify(value)) > INLINE_BYTES_MAX
  if (typeof value !== 'object' || value === null) return false
  let size = sizes.get(value)
  if (size === undefined) {
    size = bytesOf(JSON.stringify(value))
    sizes.set(value, size)
  }
  return size > INLINE_BYTES_MAX
}

function bytesOf(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Half of a surrogate pair is two of the pair's four bytes.
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

/** What a value is, for messages. */
export function nameOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
