import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ClearError } from '../clear-error.ts'
import type { Child } from '../processes/child.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { findPostgresBinaries, type PostgresBinaries, requireReachable } from './postgres-binaries.ts'
import { postgresUser, type SystemUser } from './postgres-user.ts'

const run = promisify(execFile)

export type PostgresOptions = {
  /** Where its cluster lies; made when it does not exist. */
  dataFolder: string
  port: number
  /** Of the superuser `postgres`. Set when the cluster is made, and needed again at each start. */
  password: string
  /** Further settings by name, such as `max_connections`. */
  settings?: Readonly<Record<string, string>>
  logFile?: string
  /** Told what takes long. */
  onStep?: (message: string) => void
}

export type PostgresServer = { port: number; child: Child; url(database: string): string }

/** Starts Postgres 18 on 127.0.0.1, on a cluster that is made first where there is none, and waits until it serves. */
export async function startPostgres(
  supervisor: Supervisor,
  { dataFolder, port, password, settings = {}, logFile, onStep = () => {} }: PostgresOptions,
): Promise<PostgresServer> {
  const binaries = await findPostgresBinaries()
  const user = await postgresUser()
  await mkdir(dirname(dataFolder), { recursive: true })
  if (user) {
    for (const path of [binaries.postgres, dataFolder]) await requireReachable(path, user)
  }
  if (!(await exists(join(dataFolder, 'PG_VERSION')))) {
    onStep('Making a Postgres cluster (once)')
    await makeCluster(binaries, { dataFolder, password, ...(user && { user }) })
  }
  const all = { ...SETTINGS, ...settings, port: String(port), unix_socket_directories: '' }
  const start = () =>
    supervisor.start({
      name: 'Postgres',
      command: binaries.postgres,
      args: ['-D', dataFolder, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      env: process.env,
      stopSignal: 'SIGINT', // A fast shutdown: sessions are ended, and what is committed is on disk.
      ...(user && { user }),
      ...(logFile !== undefined && { logFile }),
    })
  return {
    port,
    child: await readyChild(start),
    url: (database) => `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
  }
}

/** The sessions of a server that was killed need a moment to notice it. Until then a new one on its cluster refuses to start. */
async function readyChild(start: () => Promise<Child>): Promise<Child> {
  for (let tries = 1; ; tries += 1) {
    const child = await start()
    try {
      await child.line((line) => (line.includes('database system is ready to accept connections') ? true : undefined))
      return child
    } catch (error) {
      if (tries === TRIES_MAX || !child.tail().includes('pre-existing shared memory block')) throw error
      await delay(TRY_AGAIN_MS)
    }
  }
}

const TRIES_MAX = 50
const TRY_AGAIN_MS = 100

// Nothing that trades durability for speed: what a client was shown is on disk, also here.
const SETTINGS = { listen_addresses: '127.0.0.1', fsync: 'on', synchronous_commit: 'on', lc_messages: 'C' }

async function makeCluster(
  { initdb }: PostgresBinaries,
  { dataFolder, password, user }: { dataFolder: string; password: string; user?: SystemUser },
): Promise<void> {
  // Made beside it and moved when whole, so that an interrupted start leaves no half of a cluster behind.
  const workFolder = await mkdtemp(join(dirname(dataFolder), 'making-'))
  try {
    await mkdir(join(workFolder, 'cluster'))
    await writeFile(join(workFolder, 'password'), password, { mode: 0o600 })
    await chmod(workFolder, 0o700)
    for (const path of user ? [workFolder, join(workFolder, 'cluster'), join(workFolder, 'password')] : []) {
      await chown(path, user?.uid ?? 0, user?.gid ?? 0)
    }
    const args = [`--pgdata=${join(workFolder, 'cluster')}`, `--pwfile=${join(workFolder, 'password')}`, ...CLUSTER]
    await run(initdb, args, { ...user, env: { ...process.env, LC_ALL: 'C' } }).catch((error: { stderr?: string }) => {
      throw new ClearError(`Postgres could not make its cluster in ${dataFolder}:\n${error.stderr ?? String(error)}`)
    })
    await rename(join(workFolder, 'cluster'), dataFolder)
  } finally {
    await rm(workFolder, { recursive: true, force: true })
  }
}

// The same everywhere, whatever the machine's locale: texts sort by code point, and passwords never travel in the clear.
const CLUSTER = ['--username=postgres', '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions']

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
