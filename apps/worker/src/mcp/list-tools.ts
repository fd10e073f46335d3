import { type Json, type JsonSchema, type ToolSpec, TreadleError } from '@treadle/contract'
import { checkForeign } from '../values/foreign-value.ts'
import type { McpContext, McpSessions } from './mcp-sessions.ts'

/** Lists tools of a server, by their own names. What they say about themselves is data for the model, and never more. */
export type ListTools = (source: NonNullable<ToolSpec['mcp']>, context: McpContext) => Promise<ToolSpec[]>

const LIST_MS_MAX = 30_000
const PAGES_MAX = 20
const TOOLS_MAX = 200
/** Of one tool: its JSON, in UTF-16 units. All of them are sent with each call of the model. */
const TOOL_LENGTH_MAX = 32 * 1024
const LIST_LENGTH_MAX = 256 * 1024
const DESCRIPTION_LENGTH_MAX = 4_000

/** @throws TreadleError `tool_error` past a bound: a filter (`tools`) is the way around it; `invalid_request` where a wanted tool is not there */
export const createListTools =
  ({ sessions }: { sessions: McpSessions }): ListTools =>
  async ({ server, tools: wanted }, { run, signal }) => {
    const timeout = AbortSignal.timeout(LIST_MS_MAX)
    try {
      const context = { run, signal: AbortSignal.any([signal, timeout]) }
      return await sessions.use(server, context, async (client, options, { ListToolsResultSchema }) => {
        const found: ToolSpec[] = []
        let cursor: string | undefined
        for (let pages = 0; pages < PAGES_MAX; pages++) {
          const params = cursor === undefined ? {} : { cursor }
          // Not by `client.listTools`, which compiles every schema that the server gives.
          const page = await client.request({ method: 'tools/list', params }, ListToolsResultSchema, options)
          for (const tool of page.tools) if (wanted?.includes(tool.name) ?? true) found.push(toSpec(tool))
          refuseTooMany(found)
          cursor = page.nextCursor
          if (cursor === undefined || wanted?.every((name) => found.some((tool) => tool.name === name))) {
            return inOrder(found, wanted)
          }
        }
        throw new TreadleError('tool_error', `The MCP server’s list of tools has more than ${PAGES_MAX} pages.`)
      })
    } catch (error) {
      signal.throwIfAborted()
      if (!timeout.aborted) throw error
      throw new TreadleError('timeout', `The MCP server did not list its tools within ${LIST_MS_MAX / 1000} s.`)
    }
  }

function toSpec(tool: { name: string; description?: string | undefined; inputSchema: object }): ToolSpec {
  const { name, description, inputSchema } = tool
  const length = JSON.stringify(inputSchema).length
  if (name.length > 200 || length > TOOL_LENGTH_MAX) {
    throw new TreadleError(
      'tool_error',
      `The MCP server’s tool "${name.slice(0, 100)}" has a schema of ${length} characters, or a name too long: at most ${TOOL_LENGTH_MAX} are offered to a model.`,
    )
  }
  checkForeign(inputSchema as Json, `The schema of the tool "${name}"`)
  return {
    name,
    ...(description === undefined ? {} : { description: description.slice(0, DESCRIPTION_LENGTH_MAX) }),
    inputSchema: inputSchema as JsonSchema,
  }
}

function refuseTooMany(found: ToolSpec[]): void {
  const length = found.reduce((sum, tool) => sum + JSON.stringify(tool).length, 0)
  if (found.length <= TOOLS_MAX && length <= LIST_LENGTH_MAX) return
  throw new TreadleError(
    'tool_error',
    `The MCP server lists more than ${TOOLS_MAX} tools, or ${LIST_LENGTH_MAX} characters of them: name the ones that are wanted in \`tools\`.`,
  )
}

/** In the order of the filter, else by name: the same list gives the same request. A name that comes twice counts once. */
function inOrder(found: ToolSpec[], wanted: string[] | undefined): ToolSpec[] {
  const byName = new Map(found.map((tool) => [tool.name, tool]))
  const names = wanted ?? [...byName.keys()].sort()
  return names.map((name) => {
    const tool = byName.get(name)
    if (!tool) throw new TreadleError('invalid_request', `The MCP server has no tool "${name}".`)
    return tool
  })
}
