import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Closing a server waits for all its connections. Node closes those that are idle as it begins to close: neither those that become idle after
 * that, nor those on which nothing was asked yet, which clients and browsers open ahead of need. Both would be waited for in vain.
 */
export function closeIdleConnections(app: FastifyInstance): void {
  const unused = new Set<Socket>()
  let isClosing = false
  app.server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  app.server.on('request', ({ socket }) => unused.delete(socket))
  app.addHook('preClose', async () => {
    isClosing = true
    for (const socket of unused) socket.destroy()
  })
  app.addHook('onResponse', async ({ raw }) => {
    if (isClosing) raw.socket.end()
  })
}
