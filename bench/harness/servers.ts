import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  cacheFolder,
  createReport,
  createSupervisor,
  ensureDatabase,
  findTemporal,
  freePort,
  type Supervisor,
  serverVersion,
  startPostgres,
  startTemporalServer,
  temporalWays,
} from '@treadle/local'
import pg from 'pg'
import { spawnBuilt } from '../sides/spawn.ts'
import { createRestartable, type Restartable } from './restartable.ts'

/** What all sides share: one Temporal server, one Postgres with a database for each side, one model. */
export type Servers = {
  supervisor: Supervisor
  /** For files; removed in the end. */
  folder: string
  temporalAddress: string
  temporalNamespace: string
  /** Of the servers, for the page of results: `Temporal 1.32.0, Postgres 18.1`. */
  versions: string
  modelUrl: string
  /** Of Postgres's superuser, and of all logins. */
  password: string
  /** Creates an empty database, and resolves to its URL for the superuser. */
  createDatabase(name: string): Promise<string>
  temporal: Restartable
  postgres: Restartable
  /** Temporal and Postgres: their CPU time is part of what a side costs while it works alone. */
  readonly pids: readonly number[]
  stop(): Promise<void>
}

/** Starts them with the settings of `npm start`: Temporal on a file, tuned; Postgres waiting for the disk. */
export async function startServers(): Promise<Servers> {
  const folder = await mkdtemp(join(tmpdir(), 'treadle-bench-'))
  await chmod(folder, 0o755) // Postgres does not run as root, and has to pass through.
  const supervisor = createSupervisor()
  const stop = async () => {
    await supervisor.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { ...(await startParts(supervisor, folder)), supervisor, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startParts(supervisor: Supervisor, folder: string) {
  const { env } = process
  const report = createReport()
  const found = await findTemporal({
    address: undefined,
    ways: temporalWays({ env, cacheFolder: cacheFolder(env), report }),
    checkVersion: (executable) => serverVersion(executable, env),
    report,
  })
  if (found.kind !== 'executable') throw new Error('Without an address only an executable is found.')
  const { executable } = found
  const [temporalPort, databaseFile] = [await freePort(), join(folder, 'temporal.db')]
  const startTemporal = () => startTemporalServer(supervisor, { executable, port: temporalPort, databaseFile })
  const { address, namespace, child } = await startTemporal()
  const temporal = createRestartable(child, async () => (await startTemporal()).child)

  const password = 'treadle'
  const [port, dataFolder] = [await freePort(), join(folder, 'postgres')]
  const startCluster = () => startPostgres(supervisor, { dataFolder, port, password })
  const cluster = await startCluster()
  const postgres = createRestartable(cluster.child, async () => (await startCluster()).child)
  const model = await spawnBuilt(supervisor, { name: 'model', file: 'model/main.js', env: {}, message: 'listening' })
  return {
    temporal,
    postgres,
    temporalAddress: address,
    temporalNamespace: namespace,
    versions: `Temporal ${found.server}, Postgres ${await postgresVersion(cluster.url('postgres'))}`,
    modelUrl: `http://127.0.0.1:${model.port}/v1`,
    password,
    async createDatabase(name: string) {
      await ensureDatabase(cluster.url('postgres'), name)
      return cluster.url(name)
    },
    get pids() {
      return [temporal.child.pid, postgres.child.pid]
    },
  }
}

async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ server_version: string }>('show server_version')
  await client.end()
  return rows[0]?.server_version ?? 'unknown'
}
