import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { FunctionStore } from '@treadle/storage'
import type { Log } from '../log.ts'
import type { FunctionRegistry } from './registry.ts'

/** Tells the API which functions this worker has, so that documents are checked against them. */
export type Publisher = {
  /** Resolves once it is told for the first time; it is told again and again from then on. */
  start(): Promise<void>
  stop(): void
}

/** What was told counts for so long: a worker that is gone is forgotten by time, as a restart must not make documents wrong. */
const TTL_S = 300
const EVERY_MS = 60_000

export type PublisherOptions = { store: Pick<FunctionStore, 'publish'>; functions: FunctionRegistry; log: Log }

export function createPublisher({ store, functions, log }: PublisherOptions): Publisher {
  const worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  let timer: NodeJS.Timeout | undefined

  const publish = () => store.publish('typescript', worker, functions.published(), TTL_S)
  return {
    async start() {
      await publish()
      timer = setInterval(() => {
        publish().catch((error: unknown) =>
          log.warn({ err: error }, 'The functions of this worker could not be published'),
        )
      }, EVERY_MS)
      timer.unref()
    },
    stop: () => clearInterval(timer),
  }
}
