import type { ProgramNode } from '../program/program.ts'

/**
 * The cycles among nodes that no order could place: for each group whose members all wait for each other one shortest
 * cycle through its least id, written so that each waits for the next. Nodes that only wait for a cycle are in none.
 * Takes time in proportion to nodes and edges.
 */
export function findCycles(nodes: ProgramNode[]): ProgramNode[][] {
  return groupsOf(nodes)
    .map((group) => shortestCycle([...group].sort(byId)[0], new Set(group)))
    .filter((cycle) => cycle.length > 0)
    .sort(([a], [b]) => (a && b ? byId(a, b) : 0))
}

const byId = (a: ProgramNode, b: ProgramNode) => (a.id < b.id ? -1 : 1)

/** Strongly connected components (Tarjan's), with a stack of our own: a chain of nodes can be longer than the machine's. */
function groupsOf(nodes: ProgramNode[]): ProgramNode[][] {
  const among = new Set(nodes)
  const state = new Map<ProgramNode, { index: number; low: number; isOpen: boolean }>()
  const open: ProgramNode[] = []
  const groups: ProgramNode[][] = []

  const enter = (node: ProgramNode) => {
    const entered = { index: state.size, low: state.size, isOpen: true }
    state.set(node, entered)
    open.push(node)
    return { node, own: entered, left: [...node.deps].filter((dep) => among.has(dep)) }
  }

  for (const root of nodes) {
    if (state.has(root)) continue
    const stack = [enter(root)]
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.left.pop()
      if (next) {
        const known = state.get(next)
        if (!known) stack.push(enter(next))
        else if (known.isOpen) top.own.low = Math.min(top.own.low, known.index)
        continue
      }
      stack.pop()
      const below = stack.at(-1)
      if (below) below.own.low = Math.min(below.own.low, top.own.low)
      if (top.own.low === top.own.index) groups.push(close(top.node))
    }
  }
  return groups

  function close(root: ProgramNode): ProgramNode[] {
    const group = open.splice(open.lastIndexOf(root))
    for (const node of group) {
      const known = state.get(node)
      if (known) known.isOpen = false
    }
    return group
  }
}

/** Breadth first from `start` back to it; empty where there is no way. */
function shortestCycle(start: ProgramNode | undefined, among: Set<ProgramNode>): ProgramNode[] {
  if (!start) return []
  const cameFrom = new Map<ProgramNode, ProgramNode>()
  const queue = [start]
  for (const node of queue) {
    for (const dep of [...node.deps].sort(byId)) {
      if (dep === start) return pathTo(node, cameFrom)
      if (!among.has(dep) || cameFrom.has(dep)) continue
      cameFrom.set(dep, node)
      queue.push(dep)
    }
  }
  return []
}

function pathTo(end: ProgramNode, cameFrom: Map<ProgramNode, ProgramNode>): ProgramNode[] {
  const path = [end]
  for (let node = cameFrom.get(end); node; node = cameFrom.get(node)) path.unshift(node)
  return path
}
