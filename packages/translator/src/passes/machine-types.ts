import { BOOL, type CelType, DYN, nullable, objectOf, unionOf } from '@treadle/expressions'
import { isRecord } from '../program/is-record.ts'
import type { Inner, ProgramNode } from '../program/program.ts'
import { declaredSchema } from './declared-schema.ts'
import { setVariables } from './inner-types.ts'
import { schemaType } from './schema-types.ts'
import { alwaysBefore } from './state-order.ts'
import { LOOKS_MAX, type Typing } from './typing.ts'

/**
 * The output of a machine. A state's last result is null where the state may not have run yet. States read each other in circles: a first
 * look, in which a result without a schema is anything, says what each gives; the second one checks what they read.
 */
export function typeMachine(node: ProgramNode, typing: Typing): CelType {
  if (node.ir.kind !== 'machine' || !isRecord(node.ir.states)) return DYN
  const states = node.bodies.filter(({ role }) => role === 'state')
  const before = alwaysBefore(node.ir.start, node.ir.states)
  const results = new Map(states.map((inner) => [inner.key, knownResult(inner, typing)]))
  const deeper = { ...typing, looks: typing.looks + 1 }

  if (deeper.looks <= LOOKS_MAX) typing.slots.quietly(look)
  look()

  for (const [field, slot] of node.slots) {
    const state = /^states\/([^/]+)\/next\//.exec(field)?.[1]
    if (state === undefined) continue
    setVariables(slot.scope, { states: seenFrom(state, true) })
    slot.scope.variables.result = results.get(state) ?? DYN
    typing.slots.check(slot, BOOL)
  }
  const output = node.slots.get('output')
  if (!output) return unionOf(...results.values())
  setVariables(output.scope, { states: seenFrom(undefined, true) })
  return typing.slots.check(output)

  function look(): void {
    for (const inner of states) setVariables(inner.body.scope, { states: seenFrom(inner.key, false) })
    for (const inner of states) results.set(inner.key, typing.typeBody(inner.body, deeper))
  }

  /** The results as a state sees them; `isAfter`: once it has run itself. Undefined: at the end of the machine. */
  function seenFrom(state: string | undefined, isAfter: boolean): CelType {
    const ran =
      state === undefined ? new Set([String(node.ir.kind === 'machine' ? node.ir.start : '')]) : before.get(state)
    const types = [...results].map(([id, type]) => {
      const isThere = ran?.has(id) || (isAfter && id === state)
      return [id, isThere ? type : nullable(type)] as const
    })
    return objectOf(Object.fromEntries(types))
  }
}

/** What can be told of a state's result before it is looked into. */
function knownResult({ body }: Inner, typing: Typing): CelType {
  const [only] = body.order
  const schema = body.isSingle && only ? declaredSchema(only, typing) : undefined
  return schema ? schemaType(schema) : DYN
}
