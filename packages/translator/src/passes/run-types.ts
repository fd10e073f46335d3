import { type CelType, DYN, NULL, objectOf, STRING } from '@treadle/expressions'
import { isRecord } from '../program/is-record.ts'
import type { ProgramNode } from '../program/program.ts'
import { schemaMisfits } from './literal-fit.ts'
import { schemaType } from './schema-types.ts'
import { fits } from './slot-types.ts'
import type { Typing } from './typing.ts'

/** The output of a child run. Its input has to fit the child's `inputSchema`. */
export function typeRun(node: ProgramNode, typing: Typing): CelType {
  if (node.ir.kind !== 'run') return DYN
  const slot = node.slots.get('input')
  const given = slot ? typing.slots.check(slot) : NULL
  const schema = node.child?.document.inputSchema
  if (isRecord(schema)) {
    const wanted = schemaType(schema)
    if (slot) for (const misfit of schemaMisfits(slot, schema, 'input-mismatch')) typing.slots.report(misfit)
    else {
      const message = fits(given, wanted)
      const hint = 'add "input"'
      if (message)
        typing.slots.report({ code: 'input-mismatch', path: node.pointer, message, hint, spot: { at: 'key' } })
    }
  }
  if (node.ir.mode === 'detach') return objectOf({ runId: STRING })
  return node.child?.output ?? DYN
}
