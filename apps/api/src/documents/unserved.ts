import type { Plan, PlanNode, PlanTool, ProblemError } from '@treadle/contract'

/** Kinds that are translated, but that no worker executes yet. An entry goes when its kind runs end to end. */
const KINDS: Partial<Record<PlanNode['kind'], string>> = {
  agent: 'agent nodes are not executed yet: call models with llm nodes, and tools with tool nodes',
  run: 'child runs are not executed yet: put the nodes into a graph, or start the run by a request of its own',
}

const MCP = 'tools of MCP servers are not called yet: use an http or a function tool'

const CACHE = 'results are not cached yet: leave "cache" out'

/** Languages that have a worker. */
const RUNTIMES = new Set(['typescript'])

/**
 * What of `plan` cannot be executed by this version, by its place in the document. Such a document is valid, and is never
 * accepted to fail, or to wait for ever, later.
 */
export function unservedParts(plan: Plan): ProblemError[] {
  return plan.nodes.flatMap((node) => {
    const reason = reasonOf(plan, node)
    return reason === undefined ? [] : [{ path: `/ir${node.pointer}`, code: 'not-executed-yet', message: reason }]
  })
}

function reasonOf(plan: Plan, node: PlanNode): string | undefined {
  if (KINDS[node.kind] !== undefined) return KINDS[node.kind]
  if (node.cacheMs !== undefined) return CACHE
  // A tool of an MCP server is named `entry.tool`.
  const tool: PlanTool | undefined = node.kind === 'tool' ? plan.tools[node.tool.split('.', 1)[0] ?? ''] : undefined
  if (tool?.kind === 'mcp') return MCP
  const runtime = node.runtime ?? (tool?.kind === 'function' ? tool.runtime : 'typescript')
  return RUNTIMES.has(runtime) ? undefined : `there is no ${runtime} worker yet: use the runtime typescript`
}
