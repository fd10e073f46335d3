import type { Findings } from '../diagnostics/findings.ts'
import type { Program } from '../program/program.ts'
import { resolveNode } from '../program/resolve.ts'

/** Words that CEL takes for itself (its specification, "Syntax"): `nodes.in` cannot be read. */
const CEL_WORDS = new Set(
  `as break const continue else false for function if import in let loop namespace null package return true var void while`.split(
    ' ',
  ),
)

/** Ids that no expression could name, or that would hide another node. */
export function checkIds(program: Program, findings: Findings): void {
  for (const node of program.nodes) {
    if (node.id === '') continue
    const spot = { at: 'key' } as const
    if (CEL_WORDS.has(node.id)) {
      const message = `"${node.id}" is a word of CEL, so no expression could name this node`
      findings.add({ code: 'reserved-id', path: node.pointer, message, spot })
    }
    const outer = resolveNode(node.body.scope.outer, node.id)
    if (outer) {
      const message = `"${node.id}" is the id of a node further out, which would be hidden here`
      const related = [{ path: outer.pointer, message: `the other "${node.id}" is here` }]
      findings.add({ code: 'repeated-id', path: node.pointer, message, related, spot })
    }
  }
}
