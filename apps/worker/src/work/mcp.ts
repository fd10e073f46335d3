import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { type Json, TreadleError } from '@treadle/contract'
import type { McpSessions } from '../mcp/mcp-sessions.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { Perform } from './work.ts'

const ERROR_LENGTH_MAX = 1_000

/**
 * One call of a tool of an MCP server, in a session of its own. Its output: what the server gave as structured; else the text, where it gave
 * one; null where it gave nothing; else the list of its contents. What the tool itself reports as an error is `tool_error`.
 */
export function createMcpWork({ sessions, redactor }: { sessions: McpSessions; redactor: Redactor }): Perform<'mcp'> {
  return async ({ tool, server, args }, context) => {
    const params = { name: tool, arguments: (await context.load(args)) as Record<string, Json> }
    context.usage.add({ toolCalls: 1 })
    const result = await sessions.use(server, context, (client, options, { CallToolResultSchema }) =>
      client.request({ method: 'tools/call', params }, CallToolResultSchema, options),
    )
    if (result.isError) {
      const said = redactor.text(textOf(result)).slice(0, ERROR_LENGTH_MAX)
      throw new TreadleError('tool_error', said || `The tool "${tool}" reported an error.`)
    }
    return { output: outputOf(result) }
  }
}

function outputOf({ structuredContent, content }: CallToolResult): Json {
  if (structuredContent !== undefined) return structuredContent as Json
  const [first, ...others] = content
  if (first === undefined) return null
  return first.type === 'text' && others.length === 0 ? first.text : (content as Json)
}

const textOf = ({ content }: CallToolResult): string =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')
