import { executeWork } from '../execute-work.ts'
import { render } from '../render.ts'
import { resolveTool } from '../resolve-tool.ts'
import type { Kind, NodeOf } from './kind.ts'

export const runTool: Kind<NodeOf<'tool'>> = async (call) => {
  const args = await render(call, call.node.args)
  const { work, ...options } = await resolveTool(call, call.node.tool, args)
  return executeWork(call, work, options)
}
