import type { Findings } from '../diagnostics/findings.ts'
import type { Body, Program, ProgramNode } from '../program/program.ts'
import { findCycles } from './find-cycles.ts'
import { createIdHeap } from './id-heap.ts'

/**
 * Pass 4: the plan order of every body. Topological; among the nodes that are ready, the least id in code-point order
 * comes first. So it depends on ids and edges alone, never on the order of keys. Nodes in a cycle come last, by id, so
 * that what follows can still look at them; each cycle is one finding that names its members.
 */
export function orderNodes(program: Program, findings: Findings): void {
  for (const body of bodiesOf(program)) {
    body.order = planOrder(body.nodes)
    if (body.order.length === body.nodes.length) continue
    const placed = new Set(body.order)
    const rest = body.nodes.filter((node) => !placed.has(node)).sort((a, b) => (a.id < b.id ? -1 : 1))
    for (const cycle of findCycles(rest)) reportCycle(cycle, findings)
    body.order.push(...rest)
  }
}

/** The document's body and every nested one, outer ones first. */
export function* bodiesOf(program: Program): Generator<Body> {
  yield program.root
  for (const node of program.nodes) for (const { body } of node.bodies) yield body
}

function planOrder(nodes: ProgramNode[]): ProgramNode[] {
  const waiting = new Map<ProgramNode, number>()
  const readers = new Map<ProgramNode, ProgramNode[]>()
  const ready = createIdHeap<ProgramNode>()
  for (const node of nodes) {
    waiting.set(node, node.deps.size)
    if (node.deps.size === 0) ready.push(node)
    for (const dep of node.deps) {
      const list = readers.get(dep)
      if (list) list.push(node)
      else readers.set(dep, [node])
    }
  }
  const order: ProgramNode[] = []
  for (let node = ready.pop(); node; node = ready.pop()) {
    order.push(node)
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1
      waiting.set(reader, left)
      if (left === 0) ready.push(reader)
    }
  }
  return order
}

function reportCycle(cycle: ProgramNode[], findings: Findings): void {
  const [first, ...others] = cycle
  if (!first) return
  const names = [...cycle, first].map(({ id }) => `"${id}"`).join(' → ')
  const message = others.length === 0 ? `"${first.id}" waits for itself` : `these nodes wait for each other: ${names}`
  const related = others.map((node) => ({ path: node.pointer, message: `"${node.id}" is part of the cycle` }))
  findings.add({
    code: 'cycle',
    path: first.pointer,
    message,
    spot: { at: 'key' },
    ...(related.length > 0 ? { related } : {}),
  })
}
