import { setTimeout as sleep } from 'node:timers/promises'
import { NativeConnection } from '@temporalio/worker'
import type { TemporalConfig } from './config.ts'
import type { Log } from './log.ts'

/** How long a part that is started at the same time may take to come up. */
const WAIT_MS_MAX = 60_000
const PAUSE_MS = 100
const TRY_MS_MAX = 5_000

/** Connects once Temporal serves the namespace: a server that has just been started may answer before it does. */
export const connectTemporal = (
  { address, namespace, tls, apiKey }: TemporalConfig,
  log: Log,
): Promise<NativeConnection> =>
  waitFor(`Temporal at ${address}`, log, async () => {
    const connection = await NativeConnection.connect({
      address,
      ...(tls !== undefined && { tls }),
      ...(apiKey !== undefined && { apiKey }),
    })
    try {
      await connection.workflowService.describeNamespace({ namespace })
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  })

/** The result of `connect`, tried again for a minute. @throws Error, one sentence, when the time is over. */
export async function waitFor<T>(
  what: string,
  log: Log,
  connect: () => Promise<T>,
  waitMsMax = WAIT_MS_MAX,
): Promise<T> {
  const endMs = Date.now() + waitMsMax
  for (let tries = 1; ; tries++) {
    try {
      return await withDeadline(connect, TRY_MS_MAX)
    } catch (error) {
      if (Date.now() + PAUSE_MS > endMs) {
        throw new Error(`${what} could not be reached within ${waitMsMax / 1000} s: ${reasonOf(error)}`, {
          cause: error,
        })
      }
      if (tries === 1) log.info({ reason: reasonOf(error) }, `Waiting for ${what}`)
      await sleep(PAUSE_MS)
    }
  }
}

async function withDeadline<T>(connect: () => Promise<T>, ms: number): Promise<T> {
  const timer = new AbortController()
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${ms / 1000} s`)
  })
  try {
    return await Promise.race([connect(), late])
  } finally {
    timer.abort()
    late.catch(() => {})
  }
}

/** Errors of several addresses (`AggregateError`) have no message of their own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  const { message, code } = error as NodeJS.ErrnoException
  return message || code || String(error)
}
