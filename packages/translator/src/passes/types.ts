import { type CelType, DYN, objectOf } from '@treadle/expressions'
import type { Findings } from '../diagnostics/findings.ts'
import { isRecord } from '../program/is-record.ts'
import type { Body, Program } from '../program/program.ts'
import type { FunctionSignature } from '../translate-options.ts'
import { typeNode } from './node-types.ts'
import { schemaType } from './schema-types.ts'
import { createSlotChecker } from './slot-types.ts'
import { boundedType } from './type-size.ts'
import type { Typing } from './typing.ts'

export type TypeOptions = { functions: FunctionSignature[] | undefined }

/**
 * Pass 5: every expression against the types of what it reads, and every value against the schema of where it goes.
 * Types come from the JSON Schemas of the document; where there is none, a value is `dyn` and nothing is said of it.
 * Leaves on each expression its type and where it holds doubles, for the plan.
 */
export function checkTypes(program: Program, findings: Findings, options: TypeOptions): void {
  const outputs = new Map<object, CelType>()
  const input = isRecord(program.document.inputSchema) ? schemaType(program.document.inputSchema) : DYN
  const slots = createSlotChecker({ input, outputs, findings })
  const typing: Typing = { ...options, program, findings, slots, outputs, looks: 0, typeBody }
  for (const tool of program.tools.values()) {
    const schema = 'inputSchema' in tool.ir ? tool.ir.inputSchema : undefined
    const args = isRecord(schema) ? schemaType(schema) : DYN
    for (const slot of tool.slots.values()) {
      slot.scope.variables.args = args
      slots.check(slot)
    }
  }
  program.output = typeBody(program.root, typing)
}

/** Types the nodes of a body in plan order, then its output. */
function typeBody(body: Body, typing: Typing): CelType {
  for (const node of body.order) typing.outputs.set(node, boundedType(typeNode(node, typing)))
  const [only] = body.order
  if (body.isSingle) return (only && typing.outputs.get(only)) ?? DYN
  if (body.output) return typing.slots.check(body.output)
  // Without a prototype V8 keeps it as a dictionary from the first key on; `fromEntries` makes a hidden class for each of a thousand keys.
  const props: Record<string, CelType> = Object.create(null)
  for (const node of body.order) props[node.id] = typing.outputs.get(node) ?? DYN
  return objectOf(props)
}
