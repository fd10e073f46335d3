import { fileURLToPath } from 'node:url'
import type { Child } from '../processes/child.ts'
import type { Supervisor } from '../processes/supervisor.ts'
import { logLine } from './log-line.ts'

/** What the API and the workers share. Names of variables as their config modules read them. */
export type StackAddresses = {
  temporalAddress: string
  temporalNamespace: string
  /** `file:///folder` or `s3://bucket?…`. */
  blobs: string
}

export type ApiOptions = StackAddresses & {
  /** A login of the role `treadle_api`. */
  databaseUrl: string
  /** 0: any free one. */
  port: number
  env: NodeJS.ProcessEnv
  logFile?: string
}

export type WorkerOptions = StackAddresses & {
  /** A login of the role `treadle_worker`. */
  databaseUrl: string
  openaiBaseUrl?: string
  openaiApiKey?: string
  /** `host:port`s of private addresses that tools may call, beside those of the environment. */
  egressAllow: readonly string[]
  env: NodeJS.ProcessEnv
  name?: string
  logFile?: string
}

/**
 * glibc keeps freed memory for later, and more of it the larger the blocks were that a process has freed: after the workflow's bundle, of
 * several MiB, that is a sixth of what an idle API and worker take. With a figure of its own it goes back. And it keeps it apart for each
 * thread, of which Temporal’s SDK has one a core: two arenas for all of them are 7 MiB less with two cores, and no slower. No other C library
 * reads this.
 */
const GIVE_BACK = { MALLOC_TRIM_THRESHOLD_: String(1024 * 1024), MALLOC_ARENA_MAX: '2' }

/** A service of ours gets longer than its own grace period before it is killed. */
const STOP_TIMEOUT_MS = 30_000

/** Starts the API and waits until it listens. */
export async function startApi(supervisor: Supervisor, options: ApiOptions): Promise<{ child: Child; url: string }> {
  const child = await supervisor.start({
    name: 'API',
    ...API,
    env: {
      ...GIVE_BACK,
      ...options.env,
      ...addresses(options),
      TREADLE_API_HOST: '127.0.0.1',
      TREADLE_API_PORT: String(options.port),
    },
    stopTimeoutMs: STOP_TIMEOUT_MS,
    ...(options.logFile !== undefined && { logFile: options.logFile }),
  })
  const { host, port } = await child.line((line) => logLine(line, 'listening'))
  return { child, url: `http://${host}:${port}` }
}

/** Starts a TypeScript worker and waits until it polls. */
export const startWorker = async (supervisor: Supervisor, options: WorkerOptions): Promise<Child> =>
  (await startBuild(supervisor, options)).child

/** The same, with the build id of the workflow's code that it hosts. */
export async function startBuild(
  supervisor: Supervisor,
  options: WorkerOptions,
): Promise<{ child: Child; buildId: string }> {
  const env = { ...GIVE_BACK, ...options.env }
  const child = await workerChild(supervisor, WORKER, { ...options, env })
  const { buildId } = await child.line((line) => logLine(line, 'polling'))
  return { child, buildId: String(buildId) }
}

/** Starts the worker of any language and waits until it polls: all of them read the same variables. */
export async function workerChild(
  supervisor: Supervisor,
  program: { command: string; args: readonly string[] },
  options: WorkerOptions,
): Promise<Child> {
  const child = await supervisor.start({
    name: options.name ?? 'worker',
    ...program,
    env: {
      ...options.env,
      ...addresses(options),
      ...(options.openaiBaseUrl !== undefined && { OPENAI_BASE_URL: options.openaiBaseUrl }),
      ...(options.openaiApiKey !== undefined && { OPENAI_API_KEY: options.openaiApiKey }),
      TREADLE_EGRESS_ALLOW: [options.env.TREADLE_EGRESS_ALLOW, ...options.egressAllow].filter(Boolean).join(','),
    },
    stopTimeoutMs: STOP_TIMEOUT_MS,
    ...(options.logFile !== undefined && { logFile: options.logFile }),
  })
  await child.line((line) => logLine(line, 'polling'))
  return child
}

const addresses = (options: StackAddresses & { databaseUrl: string }) => ({
  TREADLE_DATABASE_URL: options.databaseUrl,
  TREADLE_BLOBS: options.blobs,
  TEMPORAL_ADDRESS: options.temporalAddress,
  TEMPORAL_NAMESPACE: options.temporalNamespace,
})

/** Built programs, as production runs them; this file lies in `apps/local/src/services` or `apps/local/dist/services`. */
const built = (app: 'api' | 'local' | 'worker', file: string) =>
  fileURLToPath(new URL(`../../../${app}/dist/${file}`, import.meta.url))

const FLAGS = ['--enable-source-maps', '--import', built('local', 'services/give-back-main.js')]
const API = { command: process.execPath, args: [...FLAGS, built('api', 'main.js')] }
const WORKER = {
  command: process.execPath,
  args: [...FLAGS, '--import', built('worker', 'no-promise-stacks.js'), built('worker', 'main.js')],
}
