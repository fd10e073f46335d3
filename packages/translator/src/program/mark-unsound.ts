import { type Pointer, parentOf } from '../source/pointer.ts'
import type { Program, ProgramNode, ProgramTool } from './program.ts'

/**
 * Marks the nodes and tools that have a mistake in a field of their own. One inside a nested body is that body's node's;
 * so what is around it is still checked.
 */
export function markUnsound(program: Program, errors: Iterable<Pointer>): void {
  const owners = new Map<Pointer, ProgramNode | ProgramTool | undefined>()
  for (const tool of program.tools.values()) owners.set(tool.pointer, tool)
  for (const node of program.nodes) {
    owners.set(node.pointer, node)
    // The mistakes of an inline workflow are its own.
    if (node.child) owners.set(node.child.pointer, undefined)
  }
  for (const error of errors) {
    let place = error
    while (!owners.has(place) && place !== '') place = parentOf(place)
    const owner = owners.get(place)
    if (owner) owner.isSound = false
    program.isPartial = true
  }
}
