import type { Json } from '@treadle/contract'
import { fail } from './failure.ts'

/**
 * The names that an expression can read: `input`, `nodes.classify`, `states.draft`, `item`, … The innermost wins. A body's outputs are added
 * to its scope as they come, and never changed.
 */
export type Scope = { readonly parent: Scope | undefined; readonly values: Map<string, Json> }

export const createScope = (parent?: Scope, values: Record<string, Json> = {}): Scope => ({
  parent,
  values: new Map(Object.entries(values)),
})

/** The value of a root as a plan names it. */
export function lookUp(scope: Scope, root: string): Json {
  const value = findValue(scope, root)
  if (value === undefined) throw fail('invalid_request', `\`${root}\` is not in scope here`)
  return value
}

/** The same, or undefined where it is not in scope. */
export function findValue(scope: Scope, root: string): Json | undefined {
  for (let at: Scope | undefined = scope; at; at = at.parent) {
    const value = at.values.get(root)
    if (value !== undefined) return value
  }
  const dot = root.indexOf('.')
  const whole = dot < 0 ? undefined : findValue(scope, root.slice(0, dot))
  return whole === undefined ? undefined : fieldOf(whole, root.slice(dot + 1))
}

/** A field of an object; undefined where it is none, or has none of that name. */
export function fieldOf(value: Json, field: string): Json | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && Object.hasOwn(value, field) ? value[field] : undefined
}

/** The variables of an evaluation: just these roots, `nodes.classify` as `classify` in an object `nodes`. */
export function variablesOf(scope: Scope, roots: readonly string[]): Record<string, Json> {
  const variables: Record<string, Json> = {}
  for (const root of roots) {
    const value = lookUp(scope, root)
    const dot = root.indexOf('.')
    if (dot < 0) variables[root] = value
    else nested(variables, root.slice(0, dot))[root.slice(dot + 1)] = value
  }
  return variables
}

function nested(variables: Record<string, Json>, name: string): Record<string, Json> {
  const known = variables[name]
  if (typeof known === 'object' && known !== null && !Array.isArray(known)) return known
  const made: Record<string, Json> = {}
  variables[name] = made
  return made
}
