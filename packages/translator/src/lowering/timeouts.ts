import type { IrTool } from '@treadle/contract'

/**
 * How long one attempt may take where the author says nothing, in milliseconds. Written into the plan, so that a run
 * does not depend on where it is executed, and on defaults that change.
 *
 * Short is what says so: a tool call whose `timeout` (its own, or its tool's) is at most 5 s. A function in TypeScript
 * without one counts as short too, and is held to it: 5 s is its default. A request to somewhere else gets 30 s, so it
 * is never short unless its author says that it is.
 */
export const SHORT_MS = 5000

const LLM_MS = 10 * 60_000
const HTTP_MS = 30_000
const MCP_MS = 60_000
const FOREIGN_FUNCTION_MS = 5 * 60_000

export const DEFAULT_LLM_TIMEOUT_MS = LLM_MS

/** The default of a tool by its kind and language. */
export function defaultToolTimeoutMs(tool: IrTool): number {
  if (tool.kind === 'http') return HTTP_MS
  if (tool.kind === 'mcp') return MCP_MS
  return (tool.runtime ?? 'typescript') === 'typescript' ? SHORT_MS : FOREIGN_FUNCTION_MS
}
