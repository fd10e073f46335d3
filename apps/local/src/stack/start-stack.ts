import { pathToFileURL } from 'node:url'
import { ClearError } from '../clear-error.ts'
import type { Config } from '../config.ts'
import { type DatabaseUrls, databaseUrls, ensureDatabase, prepareDatabase } from '../database/prepare-database.ts'
import { freePort, requireFreePort } from '../ports.ts'
import { startPostgres } from '../postgres/postgres-server.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import type { Report } from '../report.ts'
import { startScriptedModel } from '../scripted/scripted-model.ts'
import { startApi } from '../services/services.ts'
import { findTemporal } from '../temporal/find-temporal.ts'
import { prepareTemporal } from '../temporal/prepare-temporal.ts'
import { serverVersion } from '../temporal/server-version.ts'
import { launchTemporalServer } from '../temporal/temporal-server.ts'
import { temporalWays } from '../temporal/ways.ts'
import { DEMO_FUNCTIONS, DEMO_SECRETS, startDemoTools } from './demo-tools.ts'
import { deployWorkers } from './deploy-workers.ts'
import type { Home } from './home.ts'
import { provideGoWorker } from './provide-go-worker.ts'
import { providePythonWorker } from './provide-python-worker.ts'

export type LocalStack = {
  /** Of the API. */
  url: string
  /** Of the demonstration's tools. */
  toolsUrl: string
  temporalAddress: string
  /** Of the superuser, without its password, which lies in the home. */
  databaseUrl: string
  /** Does the scripted model answer, for want of a key? */
  isModelScripted: boolean
}

type Parts = { config: Config; home: Home; supervisor: Supervisor; report: Report; signal: AbortSignal }

/**
 * Starts all parts, those at once that do not need each other, and waits until the API says that it is ready. The API and the worker take
 * longest to load, so they do while Temporal starts, which they wait for themselves; what they find in the database has to be there.
 */
export async function startLocalStack(parts: Parts): Promise<LocalStack> {
  const { config, home, supervisor, report, signal } = parts
  await requirePorts(config)
  const [temporal, database, model, tools] = await Promise.all([
    provideTemporal(parts),
    provideDatabase(parts),
    provideModel(parts),
    startDemoTools(config.toolsPort).then((server) =>
      supervisor.keep({ ...server, name: 'demo tools', stop: server.close }),
    ),
  ])
  const common = {
    temporalAddress: temporal.address,
    temporalNamespace: config.temporalNamespace,
    blobs: pathToFileURL(home.blobs).href,
    env: config.env,
  }
  const worker = {
    ...common,
    report,
    env: { ...DEMO_SECRETS, ...config.env },
    databaseUrl: database.workerUrl,
    ...model.variables,
    egressAllow: [tools.authority],
  }
  const [api] = await Promise.all([
    startApi(supervisor, {
      ...common,
      databaseUrl: database.apiUrl,
      port: config.apiPort,
      logFile: home.logFile('api'),
    }),
    deployWorkers(supervisor, {
      ...worker,
      env: { ...DEMO_FUNCTIONS, ...worker.env },
      bundles: home.bundles,
      logFile: home.logFile('worker'),
    }),
    temporal.serving,
  ])
  await requireReady(api.url)
  report.say(`The API serves at ${api.url}, and a worker polls`)
  const python = { ...worker, signal, cacheFolder: config.cacheFolder, logFile: home.logFile('worker-python') }
  void providePythonWorker(supervisor, python)
  void provideGoWorker(supervisor, { ...worker, signal, logFile: home.logFile('worker-go') })
  return {
    url: api.url,
    toolsUrl: tools.url,
    temporalAddress: temporal.address,
    databaseUrl: withoutPassword(database.adminUrl),
    isModelScripted: model.isScripted,
  }
}

/** All at once and before anything is started: half a stack that has to be ended again helps nobody. */
async function requirePorts({ apiPort, temporalPort, temporalAddress, postgresPort, postgresUrl, toolsPort }: Config) {
  await requireFreePort(apiPort, { who: 'the API', variable: 'TREADLE_API_PORT' })
  await requireFreePort(toolsPort, { who: 'the demonstration’s tools', variable: 'TREADLE_TOOLS_PORT' })
  if (temporalAddress === undefined) {
    await requireFreePort(temporalPort, { who: 'Temporal', variable: 'TREADLE_TEMPORAL_PORT' })
  }
  if (postgresUrl === undefined) {
    await requireFreePort(postgresPort, { who: 'Postgres', variable: 'TREADLE_POSTGRES_PORT' })
  }
}

/** Where Temporal is, or will be once `serving` resolves. A server of ours has been started by then, so that it ends after its clients. */
async function provideTemporal({
  config,
  home,
  supervisor,
  report,
  signal,
}: Parts): Promise<{ address: string; serving: Promise<void> }> {
  const { env, cacheFolder, temporalNamespace: namespace } = config
  const found = await findTemporal({
    address: config.temporalAddress,
    ways: temporalWays({ env, cacheFolder, report, signal }),
    checkVersion: (executable) => serverVersion(executable, env),
    report,
    signal,
  })
  if (found.kind === 'address') {
    await prepareTemporal(found.address, namespace)
    report.say(`Temporal is the server at ${found.address}, as TEMPORAL_ADDRESS says`)
    return { address: found.address, serving: Promise.resolve() }
  }
  const { address, serving } = await launchTemporalServer(supervisor, {
    executable: found.executable,
    port: config.temporalPort || (await freePort()),
    databaseFile: home.temporalDatabase,
    namespace,
    logFile: home.logFile('temporal'),
  })
  const told = serving.then(() => report.say(`Temporal serves at ${address}`))
  told.catch(() => {}) // Whoever waits for it hears of it; something else may have failed before.
  return { address, serving: told }
}

async function provideDatabase(parts: Parts): Promise<DatabaseUrls> {
  const urlOf = await providePostgres(parts)
  await ensureDatabase(urlOf('postgres'), 'treadle')
  const urls = databaseUrls(urlOf('treadle'), parts.home.password)
  await prepareDatabase(urls)
  return urls
}

/** Resolves to the URL of each database of a Postgres, as a role that may create databases and roles. */
async function providePostgres({ config, home, supervisor, report }: Parts): Promise<(database: string) => string> {
  const { postgresUrl } = config
  if (postgresUrl !== undefined) {
    report.say('Postgres is the server that TREADLE_POSTGRES_URL names')
    return (database) => Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href
  }
  const server = await startPostgres(supervisor, {
    dataFolder: home.postgres,
    port: config.postgresPort || (await freePort()),
    password: home.password,
    logFile: home.logFile('postgres'),
    onStep: report.say,
  })
  report.say(`Postgres serves at 127.0.0.1:${server.port}`)
  return server.url
}

/** The model asks for none, but its client does. Like no word of a text: workers keep keys out of everything they write. */
const SCRIPTED_KEY = 'sk-scripted-0000'

async function provideModel({ config, supervisor, report }: Parts) {
  const { apiKey, baseUrl } = config.openai
  if (apiKey !== undefined || baseUrl !== undefined) return { isScripted: false, variables: {} } // The worker inherits them.
  const model = await startScriptedModel()
  supervisor.keep({ name: 'scripted model', stop: model.close })
  report.say('Without OPENAI_API_KEY or OPENAI_BASE_URL a scripted model answers')
  return { isScripted: true, variables: { openaiBaseUrl: model.baseUrl, openaiApiKey: SCRIPTED_KEY } }
}

const withoutPassword = (url: string) => Object.assign(new URL(url), { password: '' }).href

const READY_TIMEOUT_MS = 30_000

async function requireReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const response = await fetch(`${url}/readyz`)
    if (response.ok) return
    if (performance.now() > deadline) throw new ClearError(`The API is not ready: ${await response.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
