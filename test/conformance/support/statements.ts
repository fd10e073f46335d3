import { startTcpProxy } from '../../support/tcp-proxy.ts'

/** What one worker has sent to Postgres. */
export type Statements = {
  /** The database's, by way of whoever listens. */
  url: string
  /** Every text that was parsed, once. */
  readonly texts: ReadonlySet<string>
  stop(): Promise<void>
}

/** Listens to the SQL on the way to Postgres: texts as they are on the wire, whichever driver sends them. */
export async function overhearStatements(databaseUrl: string): Promise<Statements> {
  const texts = new Set<string>()
  const { url, stop } = await startTcpProxy(databaseUrl, { overhear: () => readFrontend((text) => texts.add(text)) })
  return { url, texts, stop }
}

const PROTOCOL_3 = 196_608
const QUERY = 'Q'.charCodeAt(0)
const PARSE = 'P'.charCodeAt(0)

/**
 * Reads what a client sends in Postgres's protocol 3 (https://www.postgresql.org/docs/current/protocol-message-formats.html): requests for
 * encryption, which this server declines, then the startup, then messages of a type, a length and a body.
 */
function readFrontend(tell: (text: string) => void): (chunk: Buffer) => void {
  let unread = Buffer.alloc(0)
  let isStarted = false
  return (chunk) => {
    unread = Buffer.concat([unread, chunk])
    for (;;) {
      const header = isStarted ? 5 : 8
      if (unread.length < header) return
      const length = isStarted ? 1 + unread.readUInt32BE(1) : unread.readUInt32BE(0)
      if (unread.length < length) return
      const [type, body] = [unread[0], unread.subarray(header, length)]
      if (!isStarted) isStarted = unread.readUInt32BE(4) === PROTOCOL_3
      else if (type === QUERY) tell(textsOf(body)[0] ?? '')
      else if (type === PARSE) tell(textsOf(body)[1] ?? '') // After the name of what is prepared.
      unread = unread.subarray(length)
    }
  }
}

/** The texts of a body, each of which ends with a zero. */
const textsOf = (body: Buffer): string[] => body.toString('utf8').split('\0')
