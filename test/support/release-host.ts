import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'

export type ReleaseHost = {
  /** What makes the SDK come here: its address is fixed in native code, but a proxy and an authority may be named. */
  readonly env: { HTTPS_PROXY: string; SSL_CERT_FILE: string }
  /** What it was asked for, in the order in which that came; without queries. */
  readonly paths: readonly string[]
  close(): Promise<void>
}

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/release-host/${name}`, import.meta.url))

/**
 * A server that stands in for `https://temporal.download`, behind a proxy that leads everyone to it: it tells where the
 * archive is, and gives it. `archive` is a .tar.gz with the file `temporal` in it; without one the answer is 503.
 */
export async function startReleaseHost(archive?: Buffer): Promise<ReleaseHost> {
  const paths: string[] = []
  const host = createHttpsServer({ key: readFileSync(fixture('key.pem')), cert: readFileSync(fixture('cert.pem')) })
  host.on('request', ({ url = '' }, response) => {
    paths.push(url.split('?')[0] ?? '')
    if (!archive) return response.writeHead(503).end()
    if (url.startsWith('/cli/')) {
      const info = { archiveUrl: 'https://temporal.download/archive.tar.gz', fileToExtract: 'temporal' }
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(info))
    }
    return response.writeHead(200, { 'content-length': archive.length }).end(archive)
  })
  await listen(host)

  const proxy = createHttpServer((_, response) => response.writeHead(405).end())
  proxy.on('connect', (_, client) => {
    const upstream = connect(portOf(host), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [upstream, client]) socket.on('error', () => {})
  })
  await listen(proxy)

  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`, SSL_CERT_FILE: fixture('ca.pem') },
    paths,
    close: async () => {
      for (const server of [proxy, host]) server.close()
      host.closeAllConnections()
      proxy.closeAllConnections()
    },
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
