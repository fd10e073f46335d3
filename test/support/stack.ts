import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Child,
  createSupervisor,
  type DatabaseUrls,
  databaseUrls,
  ensureDatabase,
  freePort,
  prepareDatabase,
  type ScriptedMcp,
  type ScriptedModel,
  type ScriptedTools,
  type Supervisor,
  startApi,
  startPostgres,
  startScriptedMcp,
  startScriptedModel,
  startScriptedTools,
  startTemporalServer,
  startWorker,
  type WorkerOptions,
} from '@treadle/local'
import { inject } from 'vitest'
import { cloneDatabase } from './database.ts'
import { openLedger } from './ledger.ts'
import { startS3 } from './s3.ts'
import { createService, type Service } from './service.ts'

export type StackOptions = {
  /** How many TypeScript workers are started. Default 1; more by `startWorker`. */
  workers?: number
  /** Temporal with the settings it is shipped with, and without ours. Default false. */
  stock?: boolean
  /** Further dynamic settings of Temporal, `name=value`. */
  temporalSettings?: string[]
  /** Temporal's database: gone with its process (default), or a file, which survives a kill and `restart`. */
  temporalDatabase?: 'memory' | 'file'
  /** Postgres: a database of the server that all tests share (default), or a server of its own, which may be killed. */
  postgres?: 'shared' | 'own'
  /** Where blobs go: a folder of this stack (default), or a real S3 server of its own. */
  blobs?: 'folder' | 's3'
  /** Further variables of the services, such as `AWS_ACCESS_KEY_ID` or `TREADLE_LOG_LEVEL`. */
  env?: NodeJS.ProcessEnv
  /** The way by which one part reaches another: gets the URL of the other, gives the one to use. Default: straight. */
  via?: (link: Link, url: string) => Promise<string>
  apiEnv?: NodeJS.ProcessEnv
  workerEnv?: NodeJS.ProcessEnv
}

/** Connections between parts. A part reaches all others of its kind by the same one. */
export const LINKS = [
  'client–API',
  'API–Postgres',
  'API–Temporal',
  'API–S3',
  'worker–Postgres',
  'worker–Temporal',
  'worker–S3',
  'worker–model',
] as const
export type Link = (typeof LINKS)[number]

/** A whole stack of its own on free ports: real servers and real processes; only the model and the tools are scripted. */
export type Stack = {
  /** Of the API: `http://127.0.0.1:port`. The port stays the same over restarts. */
  readonly url: string
  readonly model: ScriptedModel
  readonly tools: ScriptedTools
  readonly mcp: ScriptedMcp
  readonly database: DatabaseUrls
  /** The server, where it is the stack's own. */
  readonly postgres: Service | undefined
  readonly temporal: Service
  /** `host:port` of Temporal, namespace `default`. Stays the same over restarts. */
  readonly temporalAddress: string
  readonly api: Service
  /** Where the blobs are: with `blobs: 's3'`. */
  readonly s3: Service | undefined
  /** For `TREADLE_BLOBS` of further workers. */
  readonly blobs: string
  /** In the order of starting; stopped ones included. */
  readonly workers: readonly Service[]
  /** One more API on the same servers, with further variables of its own. */
  startApi(env?: NodeJS.ProcessEnv): Promise<{ url: string; service: Service }>
  /** One more worker, with further variables of its own; `start` is for those of other languages. */
  startWorker(env?: NodeJS.ProcessEnv, start?: StartWorker): Promise<Service>
  /** Where this stack keeps its files; removed by `stop`. */
  readonly folder: string
  /** How every process stands, with its last lines. */
  describe(): string
  /** Ends everything. May be called again. */
  stop(): Promise<void>
}

export type StartWorker = (supervisor: Supervisor, options: WorkerOptions) => Promise<Child>

/** Starts a stack; on failure nothing of it is left. Whoever starts one stops it: see `useStack`. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const shared = inject('shared')
  const supervisor = createSupervisor({ onSpawn: openLedger(shared.ledgerFile).add })
  const folder = await mkdtemp(join(shared.folder, 'stack-'))
  const stop = async () => {
    await supervisor.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { ...(await startParts(options)), folder, stop }
  } catch (error) {
    await stop()
    throw error
  }

  async function startParts({
    workers: count = 1,
    stock = false,
    temporalSettings = [],
    temporalDatabase = 'memory',
    via = async (_, url) => url,
    ...rest
  }: StackOptions) {
    const model = await startScriptedModel()
    supervisor.keep({ name: 'scripted model', stop: model.close })
    const tools = await startScriptedTools()
    supervisor.keep({ name: 'scripted tools', stop: tools.close })
    const mcp = await startScriptedMcp()
    supervisor.keep({ name: 'scripted MCP server', stop: mcp.close })
    const { postgres, database } =
      rest.postgres === 'own'
        ? await startOwnPostgres(supervisor, folder)
        : { postgres: undefined, database: await cloneDatabase(shared.postgres) }

    const temporalPort = await freePort()
    const temporal = await createService('Temporal', async () => {
      const server = await startTemporalServer(supervisor, {
        executable: shared.temporal,
        port: temporalPort,
        stock,
        settings: temporalSettings,
        ...(temporalDatabase === 'file' && { databaseFile: join(folder, 'temporal.db') }),
      })
      return server.child
    })

    const blobs = rest.blobs === 's3' ? await startS3(supervisor, folder) : await blobFolder(folder)
    const temporalAddress = `127.0.0.1:${temporalPort}`
    const addressesOf = async (side: 'API' | 'worker', databaseUrl: string) => ({
      databaseUrl: await via(`${side}–Postgres`, databaseUrl),
      temporalAddress: new URL(await via(`${side}–Temporal`, `tcp://${temporalAddress}`)).host,
      temporalNamespace: 'default',
      blobs: blobs.blobsAt(blobs.endpoint && (await via(`${side}–S3`, blobs.endpoint))),
    })
    const apiAddresses = await addressesOf('API', database.apiUrl)
    const workerAddresses = await addressesOf('worker', database.workerUrl)
    const openaiBaseUrl = await via('worker–model', model.baseUrl)
    // Two cores for everything: what is late is not overloaded.
    const env = { TREADLE_EVENT_LOOP_DELAY_MS_MAX: '0', ...baseEnv(), ...blobs.env, ...rest.env }

    const addApi = async (name: string, ownEnv: NodeJS.ProcessEnv = {}) => {
      const port = await freePort()
      const apiEnv = { ...env, ...rest.apiEnv, ...ownEnv }
      const service = await createService(
        name,
        async () => (await startApi(supervisor, { ...apiAddresses, port, env: apiEnv })).child,
      )
      return { url: await via('client–API', `http://127.0.0.1:${port}`), service }
    }
    const { url, service: api } = await addApi('API')
    const moreApis: Service[] = []

    const workers: Service[] = []
    const addWorker = async (ownEnv: NodeJS.ProcessEnv = {}, start: StartWorker = startWorker) => {
      const name = `worker ${workers.length + 1}`
      const service = await createService(name, () =>
        start(supervisor, {
          ...workerAddresses,
          name,
          openaiBaseUrl,
          openaiApiKey: 'sk-scripted-0000',
          egressAllow: [tools.authority, mcp.authority],
          env: { ...env, ...rest.workerEnv, ...ownEnv },
        }),
      )
      workers.push(service)
      return service
    }
    for (let left = count; left > 0; left -= 1) await addWorker()

    return {
      url,
      model,
      tools,
      mcp,
      database,
      postgres,
      temporal,
      temporalAddress,
      blobs: workerAddresses.blobs,
      api,
      s3: blobs.service,
      workers,
      startWorker: addWorker,
      startApi: async (ownEnv?: NodeJS.ProcessEnv) => {
        const started = await addApi(`API ${moreApis.length + 2}`, ownEnv)
        moreApis.push(started.service)
        return started
      },
      describe: () => [temporal, api, ...moreApis, ...workers].map((service) => service.describe()).join('\n'),
    }
  }
}

async function startOwnPostgres(supervisor: Supervisor, folder: string) {
  await chmod(folder, 0o755) // Postgres does not run as root, and has to pass through.
  const [port, password] = [await freePort(), 'treadle']
  const url = (name: string) => `postgres://postgres:${password}@127.0.0.1:${port}/${name}`
  const dataFolder = join(folder, 'postgres')
  const postgres = await createService(
    'Postgres',
    async () => (await startPostgres(supervisor, { dataFolder, port, password })).child,
  )
  await ensureDatabase(url('postgres'), 'treadle')
  const database = databaseUrls(url('treadle'), password)
  await prepareDatabase(database)
  return { postgres, database }
}

async function blobFolder(parent: string) {
  const folder = join(parent, 'blobs')
  await mkdir(folder)
  return { blobsAt: () => pathToFileURL(folder).href, endpoint: undefined, env: {}, service: undefined }
}

/** Only what a program needs to run: a key or a proxy of whoever runs the tests must not change them. */
function baseEnv(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'SystemRoot']
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  )
}
