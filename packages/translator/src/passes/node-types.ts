import { BOOL, type CelType, DYN, isAssignable, NULL, nullable, objectOf, STRING, unionOf } from '@treadle/expressions'
import { isConstant } from '../program/conditions.ts'
import { isRecord } from '../program/is-record.ts'
import type { ProgramNode } from '../program/program.ts'
import { declaredSchema, toolOf } from './declared-schema.ts'
import { typeInner } from './inner-types.ts'
import { schemaMisfits } from './literal-fit.ts'
import { typeLoop } from './loop-types.ts'
import { typeMachine } from './machine-types.ts'
import { typeMap } from './map-types.ts'
import { typeRun } from './run-types.ts'
import { schemaType } from './schema-types.ts'
import { fits } from './slot-types.ts'
import { misfits } from './template-types.ts'
import type { Typing } from './typing.ts'

/** The type of a node's output, null where it may be skipped. Checks all that it holds. */
export function typeNode(node: ProgramNode, typing: Typing): CelType {
  const when = node.slots.get('when')
  if (when) typing.slots.check(when, BOOL)
  const own = typeKind(node, typing)
  const caught = typeInner(node, 'catch', typing)
  const type = declared(node, own, caught, typing)
  return when && !isConstant(when.value, true) ? nullable(type) : type
}

/** The declared type wins, and what is computed has to fit it. */
function declared(node: ProgramNode, own: CelType, caught: CelType[], typing: Typing): CelType {
  const schema = declaredSchema(node, typing)
  if (!schema) return unionOf(own, ...caught)
  const type = schemaType(schema)
  if (!isRecord(node.ir.outputSchema)) return unionOf(type, ...caught)
  const slot = outputSlot(node)
  if (slot) for (const misfit of schemaMisfits(slot, schema, 'output-mismatch')) typing.slots.report(misfit)
  else {
    const message = COMPUTED.has(node.ir.kind) ? fits(own, type) : undefined
    if (message) typing.slots.report({ code: 'output-mismatch', path: node.pointer, message, spot: { at: 'key' } })
  }
  for (const [index, each] of caught.entries()) {
    const message = fits(each, type)
    const path = `${node.pointer}/catch/${index}`
    if (message) typing.slots.report({ code: 'output-mismatch', path, message })
  }
  return type
}

/** The template that is the node's whole output, so that a misfit can be shown inside it. */
function outputSlot(node: ProgramNode) {
  if (node.ir.kind === 'set') return node.slots.get('value')
  if (node.ir.kind === 'machine') return node.slots.get('output')
  return node.ir.kind === 'graph' ? node.bodies[0]?.body.output : undefined
}

/** Kinds whose output is worked out by the plan itself; what others give is known only at run time. */
const COMPUTED = new Set(['set', 'switch', 'map', 'loop', 'machine', 'graph', 'wait', 'emit', 'checkpoint'])

function typeKind(node: ProgramNode, typing: Typing): CelType {
  const { ir, slots } = node
  switch (ir.kind) {
    case 'set':
      return checkAll(node, typing).get('value') ?? DYN
    case 'tool':
      return typeTool(node, typing)
    case 'switch':
      for (const [field, slot] of slots) if (field.startsWith('cases/')) typing.slots.check(slot, BOOL)
      return typeSwitch(node, typing)
    case 'map':
      return typeMap(node, typing)
    case 'loop':
      return typeLoop(node, typing)
    case 'machine':
      return typeMachine(node, typing)
    case 'graph':
      return typeInner(node, 'do', typing)[0] ?? DYN
    case 'receive':
      return typeReceive(node, typing)
    case 'run':
      return typeRun(node, typing)
    case 'wait':
      checkWait(node, typing)
      return NULL
    default:
      checkAll(node, typing)
      if (ir.kind === 'emit' || ir.kind === 'checkpoint') return NULL
      return ir.kind === 'llm' || ir.kind === 'agent' ? STRING : DYN
  }
}

function checkAll(node: ProgramNode, typing: Typing): Map<string, CelType> {
  const types = new Map<string, CelType>()
  for (const [field, slot] of node.slots) if (!slot.isCel) types.set(field, typing.slots.check(slot))
  return types
}

function typeTool(node: ProgramNode, typing: Typing): CelType {
  if (node.ir.kind !== 'tool') return DYN
  const slot = node.slots.get('args')
  const type = slot ? typing.slots.check(slot) : objectOf({})
  const { inputSchema } = toolOf(node.ir.tool, typing)
  const wanted = inputSchema ? schemaType(inputSchema) : objectOf({}, { open: true })
  if (slot) {
    const wrong = inputSchema
      ? schemaMisfits(slot, inputSchema, 'argument-mismatch')
      : misfits(slot, wanted, 'argument-mismatch')
    for (const misfit of wrong) typing.slots.report(misfit)
  } else if (!isAssignable(type, wanted)) {
    const message = `the tool "${node.ir.tool}" needs arguments`
    typing.slots.report({
      code: 'argument-mismatch',
      path: node.pointer,
      message,
      hint: 'add "args"',
      spot: { at: 'key' },
    })
  }
  return DYN
}

function typeSwitch(node: ProgramNode, typing: Typing): CelType {
  const taken = [...typeInner(node, 'case', typing), ...typeInner(node, 'else', typing)]
  const isComplete = node.bodies.some(({ role }) => role === 'else')
  return isComplete ? unionOf(...taken) : nullable(unionOf(...taken))
}

function typeReceive(node: ProgramNode, typing: Typing): CelType {
  checkAll(node, typing)
  const schema = declaredSchema(node, typing)
  const slot = node.slots.get('default')
  if (schema && slot) {
    for (const misfit of schemaMisfits(slot, schema, 'output-mismatch')) typing.slots.report(misfit)
  }
  return DYN
}

function checkWait(node: ProgramNode, typing: Typing): void {
  const until = node.slots.get('until')
  if (until) typing.slots.check(until, unionOf(STRING, { kind: 'timestamp' }))
  const span = node.slots.get('for')
  if (!span) return
  const wanted = unionOf(STRING, { kind: 'int' }, { kind: 'double' }, { kind: 'duration' })
  typing.slots.check(span)
  for (const misfit of misfits(span, wanted, 'expression-type')) typing.slots.report(misfit)
}
