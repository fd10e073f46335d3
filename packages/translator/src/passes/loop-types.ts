import { BOOL, type CelType, DYN, INT, isAssignable, NULL } from '@treadle/expressions'
import { isRecord } from '../program/is-record.ts'
import type { ProgramNode } from '../program/program.ts'
import { setVariables, typeInner } from './inner-types.ts'
import { joinTypes } from './join-types.ts'
import { schemaType } from './schema-types.ts'
import { LOOKS_MAX, type Typing } from './typing.ts'

/**
 * The output of a loop: its last state. The state's type is the one declared, else what `state` and `next` have in common:
 * a first look with the type of `state` says what `next` gives, and where the two do not settle, the state is anything.
 */
export function typeLoop(node: ProgramNode, typing: Typing): CelType {
  const first = node.slots.get('state')
  const start = first ? typing.slots.check(first) : NULL
  const deeper = { ...typing, looks: typing.looks + 1 }
  const state = settle()
  const next = look(state)
  const until = node.slots.get('until')
  if (until) typing.slots.check(until, BOOL)
  return next

  function settle(): CelType {
    if (isRecord(node.ir.outputSchema)) return joinTypes(schemaType(node.ir.outputSchema), start)
    if (deeper.looks > LOOKS_MAX) return DYN
    return typing.slots.quietly(() => {
      const guess = joinTypes(start, look(start))
      return isAssignable(look(guess), guess) ? guess : DYN
    })
  }

  /** What one iteration makes of a state. */
  function look(type: CelType): CelType {
    const inner = node.bodies.find(({ role }) => role === 'do')
    if (inner) setVariables(inner.body.scope, { state: type, iteration: INT })
    const [result = DYN] = typeInner(node, 'do', deeper)
    const next = node.slots.get('next')
    if (next) setVariables(next.scope, { state: type, iteration: INT, result })
    const made = next ? typing.slots.check(next) : result
    const until = node.slots.get('until')
    if (until) setVariables(until.scope, { state: made, iteration: INT, result })
    return made
  }
}
