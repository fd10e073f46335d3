import type { Findings } from '../diagnostics/findings.ts'
import { alwaysFails, isConstant } from '../program/conditions.ts'
import { isRecord } from '../program/is-record.ts'
import type { Body, Program, ProgramNode } from '../program/program.ts'
import { child } from '../source/pointer.ts'
import { bodiesOf } from './graph.ts'
import { reachableStates } from './state-order.ts'

/** Nodes, states and cases that nothing reaches, and values that nothing reads. Says nothing of a document that could not be read whole. */
export function checkReach(program: Program, findings: Findings): void {
  for (const body of bodiesOf(program)) reportNeverRun(body, findings)
  for (const node of program.nodes) {
    if (node.ir.kind === 'machine') reportStates(node, findings)
    if (node.ir.kind === 'switch' && Array.isArray(node.ir.cases)) {
      reportAfterAlways(node.ir.cases, `${node.pointer}/cases`, 'case', findings)
    }
  }
  if (!program.isPartial) reportUnused(program, findings)
}

function reportNeverRun(body: Body, findings: Findings): void {
  const dead = new Set<ProgramNode>()
  for (const node of body.order) {
    const cause = [...node.deps].find((dep) => dead.has(dep) || alwaysFails(dep))
    const isFalse = isConstant(node.ir.when, false)
    if (!cause && !isFalse) continue
    if (cause) dead.add(node)
    const message = isFalse ? 'its `when` is never true' : `"${cause?.id}" never completes, and this node waits for it`
    findings.add({ code: 'unreachable-node', path: node.pointer, message, spot: { at: 'key' } })
  }
}

function reportStates(node: ProgramNode, findings: Findings): void {
  if (node.ir.kind !== 'machine' || !isRecord(node.ir.states)) return
  const reached = reachableStates(node.ir.start, node.ir.states)
  for (const [id, state] of Object.entries(node.ir.states)) {
    const at = child(child(node.pointer, 'states'), id)
    if (isRecord(state) && Array.isArray(state.next))
      reportAfterAlways(state.next, `${at}/next`, 'transition', findings)
    // Where `start` is no state, that is the finding.
    if (reached.size === 0 || reached.has(id)) continue
    const message = `no way leads from "${node.ir.start}" to this state`
    findings.add({ code: 'unreachable-state', path: at, message, spot: { at: 'key' } })
  }
}

function reportAfterAlways(entries: unknown[], at: string, noun: string, findings: Findings): void {
  const always = entries.findIndex((entry) => {
    if (!isRecord(entry)) return false
    return noun === 'transition' && entry.when === undefined ? true : isConstant(entry.when, true)
  })
  if (always === -1 || always === entries.length - 1) return
  const message = `the ${noun} before this one always holds`
  findings.add({ code: 'unreachable-case', path: child(at, always + 1), message })
}

function reportUnused(program: Program, findings: Findings): void {
  const awaited = new Set<ProgramNode>()
  for (const { deps } of program.nodes) for (const dep of deps) awaited.add(dep)
  for (const body of bodiesOf(program)) {
    // Without `output` a body gives out all its nodes.
    if (!body.output) continue
    for (const node of body.nodes) {
      if (node.ir.kind !== 'set' || program.read.has(node) || awaited.has(node)) continue
      const message = 'neither a node nor the output reads this value'
      findings.add({ code: 'unused-node', path: node.pointer, message, spot: { at: 'key' } })
    }
  }
}
