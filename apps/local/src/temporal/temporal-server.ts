import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { ClearError, messageOf } from '../clear-error.ts'
import type { Child } from '../processes/child.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { ensureSearchAttributes } from './search-attributes.ts'

export type TemporalServerOptions = {
  executable: string
  port: number
  /** Kept between starts. Default: in memory, gone with the process. */
  databaseFile?: string
  /** Default `default`. */
  namespace?: string
  /** The server as it is shipped, without the settings below, to see that nobody depends on them. Default false. */
  stock?: boolean
  /** Further settings (`key=value`, dynamic configuration), such as limits that a test wants to reach soon. */
  settings?: string[]
  logFile?: string
}

export type TemporalServer = { address: string; namespace: string; child: Child }

/** Starts the official dev server on 127.0.0.1 and waits until it serves and knows our search attributes. */
export async function startTemporalServer(
  supervisor: Supervisor,
  options: TemporalServerOptions,
): Promise<TemporalServer> {
  const { serving, ...server } = await launchTemporalServer(supervisor, options)
  await serving
  return server
}

/** The same, for who has something to do meanwhile: `serving` resolves, or rejects, later. */
export async function launchTemporalServer(
  supervisor: Supervisor,
  {
    executable,
    port,
    databaseFile,
    namespace = 'default',
    stock = false,
    settings = [],
    logFile,
  }: TemporalServerOptions,
): Promise<TemporalServer & { serving: Promise<void> }> {
  const args = [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--namespace', namespace],
    ...['--log-level', 'warn'],
    ...(databaseFile === undefined ? [] : ['--db-filename', databaseFile, ...DATABASE_SETTINGS]),
    ...[...(stock ? [] : SERVER_SETTINGS), ...settings].flatMap((setting) => ['--dynamic-config-value', setting]),
  ]
  const child = await supervisor.start({
    name: 'Temporal',
    command: executable,
    args,
    env: process.env,
    ...(logFile !== undefined && { logFile }),
  })
  const address = `127.0.0.1:${port}`
  return { address, namespace, child, serving: prepareOnceServing(child, address, namespace) }
}

async function prepareOnceServing(child: Child, address: string, namespace: string): Promise<void> {
  const connection = await connectOnceServing(child, address, namespace)
  try {
    await ensureSearchAttributes(connection, { namespace })
  } finally {
    await connection.close()
  }
}

// The file survives a kill of the server either way; without these a run takes about twice as long.
const DATABASE_SETTINGS = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma])

/**
 * The dev server has one shard whose queues it reads at most 20 times a second, which adds some 45 ms to every
 * dispatch; and it rounds timers up to a second. A production cluster has many shards and no such floor.
 */
const SERVER_SETTINGS = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'history.visibilityProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxTimeShift="1ms"',
  'system.enableActivityEagerExecution=true', // Off only in servers before 1.32.
]

const SERVING_TIMEOUT_MS = 60_000

/** Its output does not say when it serves, so it is asked until it answers. */
async function connectOnceServing(child: Child, address: string, namespace: string): Promise<Connection> {
  const deadline = performance.now() + SERVING_TIMEOUT_MS
  for (;;) {
    const answer = await ask(address, namespace)
    if (answer instanceof Connection) return answer
    if (child.exit) throw new ClearError(`Temporal ended while it started.\n${child.tail()}`)
    if (performance.now() > deadline) {
      throw new ClearError(
        `Temporal does not serve at ${address} after ${SERVING_TIMEOUT_MS / 1000} s: ${answer}\n${child.tail()}`,
      )
    }
    await delay(50)
  }
}

/** A connection to a server that knows the namespace, or why there is none. */
async function ask(address: string, namespace: string): Promise<Connection | string> {
  const connection = Connection.lazy({ address, connectTimeout: 1_000 })
  try {
    await connection.withDeadline(Date.now() + 1_000, () => connection.workflowService.describeNamespace({ namespace }))
    return connection
  } catch (error) {
    await connection.close()
    return messageOf(error)
  }
}
