import { once } from 'node:events'
import { createServer, type Socket, connect as tcpConnect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a connection through the proxy fares; asked anew for each, and for each piece. Default: as without a proxy. */
export type Weather = {
  /** At most this many bytes of an answer go on at once, so frames and characters are split anywhere. */
  pieceBytes?: () => number
  /** Before each piece of an answer. */
  delayMs?: () => number
  /** The connection is cut after this many bytes of the answer, in the middle of whatever it is. */
  cutAfterBytes?: () => number
  /** Called for each connection; what it gives is told all that the client sends. */
  overhear?: () => (chunk: Buffer) => void
}

/**
 * What happens to a link as a whole, until it is healed. `cut`: connections are reset, and new ones too. `slow`: what passes in either direction
 * waits for `SLOW_MS`. `stall`: nothing passes, and nothing closes; what was sent arrives later. `lose`: connections that are there fall silent
 * for good, as behind a router that forgot them; new ones are well.
 */
export const LINK_FAULTS = ['cut', 'slow', 'stall', 'lose'] as const
export type LinkFault = (typeof LINK_FAULTS)[number]

const SLOW_MS = 150

export type TcpProxy = {
  /** As the target's, with the proxy's port. */
  url: string
  /** Connections that it has cut. */
  readonly cuts: number
  /** Hurts all connections, those to come included, and takes back what hurt them before. */
  hurt(fault: LinkFault): void
  heal(): void
  stop(): Promise<void>
}

/** A bad network between a client and `target` (`scheme://host:port`). */
export async function startTcpProxy(target: string, weather: Weather = {}): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  let cuts = 0
  let fault: LinkFault | undefined
  /** Resolves once nothing holds up what passes. */
  let flowing = Promise.resolve()
  let letFlow = () => {}
  const lost = new WeakSet<Socket>()

  type Direction = {
    pieceBytes?: () => number
    delayMs?: () => number
    hear?: ((chunk: Buffer) => void) | undefined
    left: number
  }

  /** Passes on until the end, and the end too. The other direction stays open. */
  const pass = async (from: Socket, to: Socket, { pieceBytes, delayMs, hear, left }: Direction) => {
    for await (const chunk of from) {
      hear?.(chunk as Buffer)
      for (let rest = chunk as Buffer; rest.length > 0; ) {
        const length = Math.min(rest.length, pieceBytes?.() ?? rest.length, left)
        if (delayMs) await sleep(delayMs())
        if (fault === 'slow') await sleep(SLOW_MS)
        await flowing
        if (lost.has(from)) await new Promise(() => {})
        if (to.destroyed) return
        if (!to.write(rest.subarray(0, length))) await drained(to)
        rest = rest.subarray(length)
        left -= length
        if (left > 0) continue
        cuts += 1
        to.destroySoon() // What was passed on arrives; then it ends, in the middle.
        return
      }
    }
    to.end()
  }

  // Half open: what still waits to be passed on is not lost when the other side has said all that it has to say.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, async (client) => {
    if (fault === 'cut') {
      client.resetAndDestroy()
      return
    }
    const upstream = tcpConnect({ port: Number(port), host: hostname, allowHalfOpen: true, noDelay: true })
    const pair = [client, upstream]
    for (const socket of pair) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      socket.on('error', () => {}) // `pass` hears of it, and ends both.
    }
    const answers = { ...weather, left: weather.cutAfterBytes?.() ?? Number.POSITIVE_INFINITY }
    const directions = [
      pass(upstream, client, answers),
      pass(client, upstream, { hear: weather.overhear?.(), left: Number.POSITIVE_INFINITY }),
      once(client, 'close').then(() => upstream.destroy()),
    ]
    await Promise.all(directions).catch(() => {})
    for (const socket of pair) socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(target)
  url.port = String((server.address() as { port: number }).port)

  const heal = () => {
    fault = undefined
    letFlow()
  }
  return {
    url: url.href.replace(/\/$/, ''),
    get cuts() {
      return cuts
    },
    hurt(how) {
      heal()
      fault = how
      if (how === 'cut') for (const socket of sockets) socket.resetAndDestroy()
      if (how === 'lose') for (const socket of sockets) lost.add(socket)
      if (how !== 'stall') return
      flowing = new Promise((resolve) => {
        letFlow = resolve
      })
    },
    heal,
    async stop() {
      heal()
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
