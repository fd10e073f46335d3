import type { Plan, PlanNode, ProblemError, Runtime } from '@treadle/contract'

/** Kinds that are translated, but that no worker executes yet. An entry goes when its kind runs end to end. */
const KINDS: Partial<Record<PlanNode['kind'], string>> = {}

/** Languages that have a worker. */
const RUNTIMES = new Set(['typescript', 'go'])

/**
 * What of `plan` cannot be executed by this version, by its place in the document. Such a document is valid, and is never
 * accepted to fail, or to wait for ever, later.
 */
export function unservedParts(plan: Plan): ProblemError[] {
  return plan.nodes.flatMap((node) => {
    const reason = reasonOf(plan, node)
    const inner = node.kind === 'run' && 'plan' in node.workflow ? unservedParts(node.workflow.plan) : []
    return reason === undefined
      ? inner
      : [{ path: `/ir${node.pointer}`, code: 'not-executed-yet', message: reason }, ...inner]
  })
}

function reasonOf(plan: Plan, node: PlanNode): string | undefined {
  if (KINDS[node.kind] !== undefined) return KINDS[node.kind]
  const runtime = [node.runtime, ...toolsOf(node).map((name) => runtimeOf(plan, name))].find(isUnserved)
  return runtime && `there is no ${runtime} worker yet: use the runtime typescript`
}

const isUnserved = (runtime: Runtime | undefined) => runtime !== undefined && !RUNTIMES.has(runtime)

function toolsOf(node: PlanNode): string[] {
  if (node.kind === 'tool') return [node.tool]
  return node.kind === 'agent' ? [...node.tools, ...node.handoffs.flatMap(({ tools }) => tools)] : []
}

function runtimeOf({ tools }: Plan, name: string): Runtime | undefined {
  const tool = tools[name]
  return tool?.kind === 'function' ? tool.runtime : undefined
}
