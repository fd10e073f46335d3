import { setTimeout as sleep } from 'node:timers/promises'
import { EVENTS_CHANNEL } from '@treadle/contract'
import pg from 'pg'
import { type Log, SILENT } from '../log.ts'

export type ListenerOptions = {
  url: string
  onNotification: (payload: string) => void
  /** Called each time that it listens (again): what came before may have been missed. */
  onListening: () => void
  log?: Log
}

/** The one LISTEN connection of a process. It is made again whenever it is lost, without end, until `stop`. */
export type Listener = {
  readonly healthy: boolean
  /** Resolves when it listens, or after the first failure. */
  start(): Promise<void>
  stop(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 5_000
const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 2_000
// A connection that is cut without a word (a firewall, a dead host) is noticed by asking.
const ASK_EVERY_MS = 10_000
const ANSWER_TIMEOUT_MS = 5_000

export function createListener({ url, onNotification, onListening, log = SILENT }: ListenerOptions): Listener {
  const stopping = new AbortController()
  let healthy = false
  let running: Promise<void> | undefined

  return {
    get healthy() {
      return healthy
    },
    start: () =>
      new Promise((resolve) => {
        running ??= run(resolve)
      }),
    async stop() {
      stopping.abort()
      await running
    },
  }

  async function run(onFirstOutcome: () => void): Promise<void> {
    for (let delayMs = RETRY_FIRST_MS; !stopping.signal.aborted; delayMs = Math.min(2 * delayMs, RETRY_MAX_MS)) {
      try {
        await listen(() => {
          delayMs = RETRY_FIRST_MS / 2
          onFirstOutcome()
        })
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error, delayMs }, 'The LISTEN connection was lost')
      }
      onFirstOutcome()
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }

  /** One connection's life; rejects when it is lost. */
  async function listen(onReady: () => void): Promise<void> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'treadle listener',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
    })
    const over = new AbortController()
    const lost = new Promise<never>((_, reject) => {
      client.on('error', reject)
      client.on('end', () => reject(new Error('The connection ended.')))
      stopping.signal.addEventListener('abort', () => reject(new Error('The listener stops.')), { signal: over.signal })
    })
    lost.catch(() => {}) // It may be lost while nobody waits for it.
    client.on('notification', ({ payload }) => {
      if (payload !== undefined) onNotification(payload)
    })
    try {
      await Promise.race([client.connect(), lost])
      await Promise.race([client.query(`listen ${EVENTS_CHANNEL}`), lost])
      healthy = true
      onListening()
      onReady()
      for (;;) {
        await Promise.race([lost, sleep(ASK_EVERY_MS, undefined, { signal: stopping.signal })])
        await Promise.race([lost, client.query('select')])
      }
    } finally {
      healthy = false
      over.abort()
      client.removeAllListeners('notification')
      await Promise.race([client.end().catch(() => {}), sleep(ANSWER_TIMEOUT_MS)])
    }
  }
}
