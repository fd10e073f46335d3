import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a connection through the proxy fares; asked anew for each, and for each piece. Default: as without a proxy. */
export type Weather = {
  /** At most this many bytes of an answer go on at once, so frames and characters are split anywhere. */
  pieceBytes?: () => number
  /** Before each piece. */
  delayMs?: () => number
  /** The connection is cut after this many bytes of the answer, in the middle of whatever it is. */
  cutAfterBytes?: () => number
}

export type TcpProxy = {
  /** As the target's, with the proxy's port. */
  url: string
  /** Connections that it has cut. */
  readonly cuts: number
  stop(): Promise<void>
}

/** A bad network between a client and `target`. What the client sends goes through unchanged. */
export async function startTcpProxy(target: string, weather: Weather = {}): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let cuts = 0

  const pass = async (upstream: Socket, client: Socket) => {
    let left = weather.cutAfterBytes?.() ?? Number.POSITIVE_INFINITY
    for await (const chunk of upstream) {
      for (let rest = chunk as Buffer; rest.length > 0; ) {
        const length = Math.min(rest.length, weather.pieceBytes?.() ?? rest.length, left)
        if (weather.delayMs) await sleep(weather.delayMs())
        if (client.destroyed) return
        if (!client.write(rest.subarray(0, length))) await drained(client)
        rest = rest.subarray(length)
        left -= length
        if (left > 0) continue
        cuts += 1
        client.destroySoon() // What was passed on arrives; then it ends, in the middle.
        return
      }
    }
    client.end()
  }

  const server = createServer({ noDelay: true }, (client) => {
    const upstream = tcpConnect(Number(port), hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}) // It is closed then, and so is the other.
      socket.once('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    pass(upstream, client).catch(() => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as { port: number }).port)
  return {
    url: url.href.replace(/\/$/, ''),
    get cuts() {
      return cuts
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const drained = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
