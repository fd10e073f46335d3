import { createHash } from 'node:crypto'
import type { Json, ToolSpec } from '@treadle/contract'
import { canonicalJson } from '@treadle/expressions'
import type { Transcripts } from '@treadle/storage'
import type { ListTools } from '../mcp/list-tools.ts'
import type { WorkContext } from '../work/work.ts'

/** The tools that a model is offered, those of MCP servers one by one, each as `<name>.<tool>`. */
export type OfferTools = (tools: ToolSpec[], context: Pick<WorkContext, 'run' | 'signal'>) => Promise<ToolSpec[]>

/**
 * A server is asked once in a run: what it says of its tools then holds to the run's end. One that shows other tools to a run that trusts it
 * already shows them to nobody.
 */
export function createOfferTools(parts: {
  transcripts: Pick<Transcripts, 'pinTools'>
  listTools: ListTools
}): OfferTools {
  const { transcripts, listTools } = parts

  const toolsOf = async (source: NonNullable<ToolSpec['mcp']>, { run, signal }: Parameters<OfferTools>[1]) => {
    const key = createHash('sha256')
      .update(canonicalJson(source as Json))
      .digest('hex')
    const pinned = await transcripts.pinTools(run, key, undefined, signal)
    return pinned ?? (await transcripts.pinTools(run, key, await listTools(source, { run, signal }), signal)) ?? []
  }
  return async (tools, context) => {
    const offered: ToolSpec[] = []
    for (const { mcp, ...spec } of tools) {
      if (!mcp) offered.push(spec)
      else {
        const [entry] = spec.name.split('.', 1)
        for (const tool of await toolsOf(mcp, context)) offered.push({ ...tool, name: `${entry}.${tool.name}` })
      }
    }
    return offered
  }
}
