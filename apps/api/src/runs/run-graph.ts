import type { NodeStatus, Plan, RunGraph } from '@treadle/contract'
import type { RunStatuses } from '@treadle/storage'
import { placeOfPath } from '@treadle/translator'

/** What most needs a look comes first. */
const ORDER: readonly NodeStatus[] = ['running', 'retrying', 'failed', 'cancelled', 'completed', 'reused', 'skipped']

/** The plan with the status of each node, from how its executions stand. */
export function runGraph(plan: Plan, { runId, status, asOfSeq, nodes }: RunStatuses): RunGraph {
  const executions = new Map<number, Partial<Record<NodeStatus, number>>>()
  for (const { path, status } of nodes) {
    const place = placeOfPath(plan, path)
    if (!place.ok || place.call !== undefined) continue // An agent's calls are no nodes of the plan.
    const counts = executions.get(place.index) ?? {}
    counts[status] = (counts[status] ?? 0) + 1
    executions.set(place.index, counts)
  }
  return {
    runId,
    workflow: plan.name,
    status,
    asOfSeq,
    bodies: plan.bodies.map(({ nodes, container }) => ({ nodes, ...(container !== undefined && { container }) })),
    nodes: plan.nodes.map(({ id, kind, pointer, body, deps }, index) => {
      const counts = executions.get(index)
      const shown = ORDER.find((each) => counts?.[each] !== undefined) ?? 'pending'
      return { id, kind, pointer, body, deps, status: shown, ...(counts && { executions: counts }) }
    }),
  }
}
