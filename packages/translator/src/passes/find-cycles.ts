import type { ProgramNode } from '../program/program.ts'

/**
 * The cycles among nodes that no order could place: for each group whose members all wait for each other one shortest
 * cycle through its least id, written so that each waits for the next. Nodes that only wait for a cycle are in none.
 */
export function findCycles(nodes: ProgramNode[]): ProgramNode[][] {
  const seen = new Set<ProgramNode>()
  const cycles: ProgramNode[][] = []
  for (const node of nodes) {
    if (seen.has(node)) continue
    const cycle = shortestCycle(node, new Set(nodes))
    if (!cycle) continue
    for (const member of mutual(node, nodes)) seen.add(member)
    cycles.push(cycle)
  }
  return cycles
}

function shortestCycle(start: ProgramNode, among: Set<ProgramNode>): ProgramNode[] | undefined {
  const cameFrom = new Map<ProgramNode, ProgramNode>()
  const queue = [start]
  for (const node of queue) {
    for (const dep of [...node.deps].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (dep === start) return pathTo(node, cameFrom)
      if (!among.has(dep) || cameFrom.has(dep)) continue
      cameFrom.set(dep, node)
      queue.push(dep)
    }
  }
  return undefined
}

function pathTo(end: ProgramNode, cameFrom: Map<ProgramNode, ProgramNode>): ProgramNode[] {
  const path = [end]
  for (let node = cameFrom.get(end); node; node = cameFrom.get(node)) path.unshift(node)
  return path
}

/** The nodes that wait for `node` and that it waits for. */
function mutual(node: ProgramNode, nodes: ProgramNode[]): ProgramNode[] {
  const below = reachable(node, (each) => [...each.deps])
  const above = reachable(node, (each) => nodes.filter((other) => other.deps.has(each)))
  return nodes.filter((each) => below.has(each) && above.has(each))
}

function reachable(start: ProgramNode, next: (node: ProgramNode) => ProgramNode[]): Set<ProgramNode> {
  const found = new Set([start])
  for (const node of found) for (const each of next(node)) found.add(each)
  return found
}
