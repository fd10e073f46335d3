import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { TreadleError } from '@treadle/contract'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { isPublicAddress } from './address-policy.ts'

const CONNECT_MS_MAX = 10_000
/** The node's own `timeout` is usually shorter. */
const ANSWER_MS_MAX = 5 * 60_000

/** Connections to the outside for tools: never to private, loopback, link-local or metadata addresses, unless the operator allows them. */
export type Egress = { dispatcher: Dispatcher; close(): Promise<void> }

export type EgressOptions = {
  allow?: readonly string[]
  /** How names become addresses. Default: the system's way. For tests. */
  lookup?: Lookup
}

type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void

/**
 * The address that is really connected to decides, whatever the URL said: literal addresses are checked before, names at their
 * lookup, and the peer of the socket after. `allow` lists `host:port` as the URL has them, for tools of one's own network.
 * Proxies of the environment are not used.
 */
export function createEgress({ allow = [], lookup = systemLookup as Lookup }: EgressOptions = {}): Egress {
  const allowed = new Set(allow)
  const connectAny = buildConnector({ timeout: CONNECT_MS_MAX })
  const connectPublic = buildConnector({ timeout: CONNECT_MS_MAX, lookup: lookupPublic(lookup) })

  const dispatcher = new Agent({
    headersTimeout: ANSWER_MS_MAX,
    bodyTimeout: ANSWER_MS_MAX,
    connect(options, callback) {
      const host = options.hostname.toLowerCase()
      const port = options.port || (options.protocol === 'https:' ? '443' : '80')
      if (allowed.has(`${host}:${port}`)) return connectAny(options, callback)
      // A literal address is never looked up.
      const literal = host.replace(/^\[|\]$/g, '')
      if (isIP(literal) && !isPublicAddress(literal)) return callback(denied(host), null)
      connectPublic(options, (...[error, socket]) => {
        if (error) return callback(error, null)
        if (isPublicAddress(peerOf(socket))) return callback(null, socket)
        socket.destroy()
        callback(denied(host), null)
      })
    },
  })
  return { dispatcher, close: () => dispatcher.destroy() }
}

const denied = (host: string) =>
  new TreadleError(
    'invalid_request',
    `${host} is not an address of the public internet, so tools may not reach it. The operator can allow it by TREADLE_EGRESS_ALLOW (host:port).`,
  )

/** A socket that listens on both families shows an IPv4 peer as ::ffff:a.b.c.d. */
const peerOf = (socket: Socket) => (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')

/** Like `dns.lookup`; a name with any address that is not public is refused whole, so that no order of answers gets around it. */
const lookupPublic =
  (lookup: Lookup): LookupFunction =>
  (hostname, options, callback) => {
    const lookupOptions: LookupOptions = { ...options, all: true }
    lookup(hostname, lookupOptions, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isPublicAddress(address)))
        return callback(denied(hostname), '', 0)
      if (options.all) return (callback as (error: null, addresses: LookupAddress[]) => void)(null, addresses)
      callback(null, first.address, first.family)
    })
  }
