import type { CelType } from '@treadle/expressions'
import type { Body, ProgramNode, Scope } from './program.ts'

/** The node that `nodes.<id>` names in a scope: of the innermost body that has one. */
export function resolveNode(scope: Scope | undefined, id: string): ProgramNode | undefined {
  for (let at = scope; at; at = at.outer) {
    const node = at.body?.byId.get(id)
    if (node) return node
  }
  return undefined
}

/** Every node id that can be named in a scope. */
export function visibleIds(scope: Scope | undefined): Set<string> {
  const ids = new Set<string>()
  for (let at = scope; at; at = at.outer) for (const id of at.body?.byId.keys() ?? []) ids.add(id)
  return ids
}

/** The states that `states.<id>` can name; undefined outside of a machine. */
export function visibleStates(scope: Scope | undefined): { states: ReadonlySet<string>; scope: Scope } | undefined {
  for (let at = scope; at; at = at.outer) if (at.states) return { states: at.states, scope: at }
  return undefined
}

/** The type of a variable that a container, a catch or a tool brings; undefined where it is not in scope. */
export function resolveVariable(scope: Scope | undefined, name: string): CelType | undefined {
  for (let at = scope; at; at = at.outer) if (Object.hasOwn(at.variables, name)) return at.variables[name]
  return undefined
}

/** Every variable in scope, besides `input`, `nodes` and `run`. */
export function visibleVariables(scope: Scope | undefined): Set<string> {
  const names = new Set<string>()
  for (let at = scope; at; at = at.outer) for (const name of Object.keys(at.variables)) names.add(name)
  return names
}

/** The node of `body` that `node` is, or is inside of; undefined when it is outside of that body. */
export function ancestorIn(body: Body, node: ProgramNode | undefined): ProgramNode | undefined {
  let at = node
  while (at && at.body !== body) at = at.body.container
  return at
}
