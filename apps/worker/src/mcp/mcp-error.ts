import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { type ErrorType, TreadleError } from '@treadle/contract'
import { typeOfStatus } from '../net/status-type.ts'

/** What a call of an MCP server threw, by the one taxonomy. */
export function toMcpError(error: unknown, { host }: URL): TreadleError {
  const own = ownError(error)
  if (own) return own
  if (error instanceof McpError) {
    return new TreadleError(TYPES[error.code] ?? 'tool_error', `The MCP server ${host} answered: ${saidBy(error)}`, {
      details: { code: error.code },
      cause: error,
    })
  }
  if (error instanceof StreamableHTTPError) return ofTransport(error, host)
  if (error instanceof SyntaxError || (error as Error | undefined)?.name.endsWith('ZodError')) {
    return new TreadleError('tool_error', `What ${host} answered is not of the Model Context Protocol.`, {
      cause: error,
    })
  }
  if (error instanceof RangeError) {
    return new TreadleError('tool_error', `What ${host} answered is nested too deep.`, { cause: error })
  }
  if (error instanceof TypeError) {
    return new TreadleError('unavailable', `The MCP server ${host} cannot be reached, or broke off${codeOf(error)}.`, {
      cause: error,
    })
  }
  return new TreadleError('tool_error', `The MCP server ${host}: ${(error as Error).message}`, { cause: error })
}

/** What the server said: the client puts the code before it, which stands in the details. */
const saidBy = ({ code, message }: McpError): string => message.replace(`MCP error ${code}: `, '')

/** Of JSON-RPC and of the protocol; every other code is the server's own. */
const TYPES: Record<number, ErrorType | undefined> = {
  [ErrorCode.ConnectionClosed]: 'unavailable',
  [ErrorCode.RequestTimeout]: 'timeout',
  [ErrorCode.InvalidRequest]: 'invalid_request',
  [ErrorCode.MethodNotFound]: 'invalid_request',
  [ErrorCode.InvalidParams]: 'invalid_request',
}

/** The status is that of a redirect that was not followed; those of 400 and more are told by `fetch` itself. */
function ofTransport({ code, message }: StreamableHTTPError, host: string): TreadleError {
  if (code === undefined || code < 300) {
    return new TreadleError('tool_error', `What ${host} answered is not of the Model Context Protocol: ${message}`)
  }
  return new TreadleError(typeOfStatus(code), `${host} answered with HTTP ${code}: ${message}`, {
    details: { status: code },
  })
}

function ownError(error: unknown): TreadleError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof TreadleError) return at
  }
  return undefined
}

function codeOf(error: Error): string {
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return typeof code === 'string' ? ` (${code})` : ''
}
