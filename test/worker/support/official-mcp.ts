import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** A server of the official SDK, with a session and the tool `add`. It takes one session in its life. */
export async function startOfficialMcp() {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => randomUUID() })
  const server = new Server({ name: 'official', version: '1' }, { capabilities: { tools: {} } })
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const { a = 0, b = 0 } = params.arguments as { a?: number; b?: number }
    return { content: [], structuredContent: { sum: a + b } }
  })
  await server.connect(transport as Parameters<typeof server.connect>[0])
  const http = createServer((request, response) => void transport.handleRequest(request, response))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    server: `http://127.0.0.1:${port}/mcp`,
    authority: `127.0.0.1:${port}`,
    sessionId: () => transport.sessionId,
    async close() {
      await server.close()
      http.closeAllConnections()
      http.close()
    },
  }
}
