import { type CelType, DYN, objectOf, STRING } from '@treadle/expressions'
import { alwaysFails } from '../program/conditions.ts'
import type { InnerRole, ProgramNode, Scope } from '../program/program.ts'
import type { Typing } from './typing.ts'

/** The types of a node's bodies of one role. A body that cannot end but by failing gives none. */
export function typeInner(node: ProgramNode, role: InnerRole, typing: Typing): CelType[] {
  return node.bodies.flatMap((inner) => {
    if (inner.role !== role) return []
    if (role === 'catch') setVariables(inner.body.scope, { error: ERROR })
    const type = typing.typeBody(inner.body, typing)
    return inner.body.order.some(alwaysFails) ? [] : [type]
  })
}

const ERROR = objectOf({ type: STRING, message: STRING, details: DYN })

/** Gives the variables of a container their types, in the scope that brings them. */
export function setVariables(scope: Scope, types: Record<string, CelType>): void {
  const [name = ''] = Object.keys(types)
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    if (!Object.hasOwn(at.variables, name) && !(name === 'states' && at.states)) continue
    Object.assign(at.variables, types)
    return
  }
}
