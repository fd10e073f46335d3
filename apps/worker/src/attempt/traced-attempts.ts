import type { NodeTask, Work } from '@treadle/contract'
import type { Tracing } from '@treadle/telemetry'
import type { AttemptNode } from './attempt-node.ts'

/** Each attempt as a span, which what it calls is a part of: in its place it passes on its own trace context with the run. */
export function traceAttempts(attemptNode: AttemptNode, tracing: Tracing | undefined): AttemptNode {
  if (!tracing) return attemptNode
  return async (task, host, chain) => {
    const { run, path, work } = task
    const span = tracing.start(nameOf(work), {
      kind: 'consumer',
      parent: run.traceparent,
      attributes: {
        'treadle.run.id': run.id,
        'treadle.tenant': run.tenant,
        'treadle.node.path': path,
        'treadle.node.kind': work.kind,
        ...toolOf(work),
      },
    })
    const traced: NodeTask = { ...task, run: { ...run, traceparent: span.traceparent } }
    try {
      const outcome = await attemptNode(traced, host, chain)
      span.set({ 'treadle.node.outcome': outcome.status })
      span.end('error' in outcome ? outcome.error.type : undefined)
      return outcome
    } catch (error) {
      span.end('internal')
      throw error
    }
  }
}

/** GenAI semantic conventions: a tool is executed under its name. */
const nameOf = (work: Work): string => (hasTool(work) ? `execute_tool ${work.tool}` : `execute ${work.kind}`)

const toolOf = (work: Work) =>
  hasTool(work) ? { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': work.tool } : {}

const hasTool = (work: Work): work is Extract<Work, { tool: string }> => 'tool' in work && typeof work.tool === 'string'
