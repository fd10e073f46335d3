import type { Findings } from '../diagnostics/findings.ts'
import { nearNameHint } from '../diagnostics/near-names.ts'
import type { Program, ProgramNode, Slot, SlotPart } from '../program/program.ts'
import { ancestorIn, resolveNode, resolveVariable, visibleIds, visibleStates } from '../program/resolve.ts'
import { child, type Pointer } from '../source/pointer.ts'
import { checkIds } from './check-ids.ts'
import { checkUses } from './check-uses.ts'

/**
 * Pass 3: every name means something. Ids that are words of CEL or repeat an enclosing one; references of expressions and
 * `after`, which become edges (`deps`); names of models, tools, states and agents.
 */
export function resolveNames(program: Program, findings: Findings): void {
  const idsElsewhere = new Map<string, ProgramNode>()
  for (const node of program.nodes) if (node.id !== '') idsElsewhere.set(node.id, node)

  checkIds(program, findings)
  checkUses(program, findings)
  for (const slot of slotsOf(program)) for (const part of slot.parts) resolvePart(slot, part)
  for (const node of program.nodes) resolveAfter(node)

  function resolvePart(slot: Slot, part: SlotPart): void {
    for (const { path, offset, length } of part.expression?.references ?? []) {
      const [root, name] = path
      const spot = { part: { offset: part.offset + offset, length } }
      if (root === 'states') resolveState(slot, part, name, spot)
      // The request of a tool has only `args`: the types pass says so.
      if (root !== 'nodes' || resolveVariable(slot.scope, 'args')) continue
      if (name === undefined) {
        const message = '`nodes` has to be followed by the id of one node, since the order of the nodes comes from it'
        findings.add({ code: 'computed-name', path: part.pointer, message, spot })
        continue
      }
      const target = resolveNode(slot.scope, name)
      if (target) {
        connect(slot.owner, target)
        program.read.add(target)
      } else reportUnknown(slot.scope, name, part.pointer, spot)
    }
  }

  function resolveState(slot: Slot, part: SlotPart, name: string | undefined, spot: object): void {
    const machine = visibleStates(slot.scope)
    if (!machine || (name !== undefined && machine.states.has(name))) return
    if (name === undefined) {
      const message = '`states` has to be followed by the id of one state'
      findings.add({ code: 'computed-name', path: part.pointer, message, spot })
      return
    }
    const message = `there is no state "${name}" in this machine`
    const hint = () => nearNameHint(name, machine.states, 'a machine needs states')
    findings.add({ code: 'unknown-state', path: part.pointer, message, hint, spot })
  }

  function resolveAfter(node: ProgramNode): void {
    if (!Array.isArray(node.ir.after)) return
    for (const [index, id] of node.ir.after.entries()) {
      const at = child(child(node.pointer, 'after'), index)
      const target = typeof id === 'string' ? resolveNode(node.body.scope, id) : undefined
      if (target) connect(node, target)
      else if (typeof id === 'string') reportUnknown(node.body.scope, id, at, {})
    }
  }

  function reportUnknown(scope: Slot['scope'], id: string, path: Pointer, spot: object): void {
    const elsewhere = idsElsewhere.get(id)
    if (elsewhere) {
      const message = `the node "${id}" is inside of another body, and is not seen from here`
      const related = [{ path: elsewhere.pointer, message: `"${id}" is here` }]
      findings.add({ code: 'hidden-node', path, message, related, spot })
      return
    }
    const hint = () => nearNameHint(id, visibleIds(scope), 'there is no node that can be named here')
    findings.add({ code: 'unknown-node', path, message: `there is no node "${id}"`, hint, spot })
  }
}

/** Every place of the document that holds expressions, tools' included. */
function* slotsOf(program: Program): Generator<Slot> {
  for (const node of program.nodes) {
    yield* node.slots.values()
    for (const { body } of node.bodies) if (body.output) yield body.output
  }
  if (program.root.output) yield program.root.output
  for (const tool of program.tools.values()) yield* tool.slots.values()
}

/** The node of the target's body that has to wait for it. None, where it is read by what that node is the body of. */
function connect(reader: ProgramNode | undefined, target: ProgramNode): void {
  ancestorIn(target.body, reader)?.deps.add(target)
}
