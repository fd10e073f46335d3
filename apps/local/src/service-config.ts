import { ClearError } from './clear-error.ts'
import type { DatabaseUrls } from './database/prepare-database.ts'

/** What the one-shot set-up of a stack reads from its environment. */
export type SetUpConfig = Readonly<{
  /** TREADLE_ADMIN_DATABASE_URL, TREADLE_API_DATABASE_URL, TREADLE_WORKER_DATABASE_URL. */
  database: DatabaseUrls
  /** TEMPORAL_ADDRESS, default 127.0.0.1:7233. */
  temporalAddress: string
  /** TEMPORAL_NAMESPACE, default `default`. */
  temporalNamespace: string
}>

/** @throws ClearError that names every variable that is missing or wrong. */
export function readSetUpConfig(env: NodeJS.ProcessEnv): SetUpConfig {
  const problems: string[] = []
  const databaseUrl = (name: string) => {
    const value = env[name] ?? ''
    // Not the value itself: it holds a password.
    if (!/^postgres(ql)?:\/\/[^:@/]+:[^@/]+@/.test(value)) {
      problems.push(`${name}: not a URL such as postgres://name:password@host:5432/treadle`)
    }
    return value
  }
  const config = {
    database: {
      adminUrl: databaseUrl('TREADLE_ADMIN_DATABASE_URL'),
      apiUrl: databaseUrl('TREADLE_API_DATABASE_URL'),
      workerUrl: databaseUrl('TREADLE_WORKER_DATABASE_URL'),
    },
    temporalAddress: env.TEMPORAL_ADDRESS || '127.0.0.1:7233',
    temporalNamespace: env.TEMPORAL_NAMESPACE || 'default',
  }
  if (problems.length === 0) return Object.freeze(config)
  throw new ClearError(
    ['The environment is not as it should be:', ...problems.map((problem) => `  ${problem}`)].join('\n'),
  )
}

/** Where the scripted model listens: TREADLE_MODEL_HOST (127.0.0.1) and TREADLE_MODEL_PORT (8091). */
export function readModelConfig(env: NodeJS.ProcessEnv): { host: string; port: number } {
  const port = Number(env.TREADLE_MODEL_PORT || 8091)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new ClearError('TREADLE_MODEL_PORT is no port.')
  return { host: env.TREADLE_MODEL_HOST || '127.0.0.1', port }
}

/** TEMPORAL_ADDRESS (127.0.0.1:7233), TEMPORAL_NAMESPACE (`default`) and TREADLE_DEPLOYMENT (`treadle`). */
export const readDeployConfig = (env: NodeJS.ProcessEnv) => ({
  temporalAddress: env.TEMPORAL_ADDRESS || '127.0.0.1:7233',
  namespace: env.TEMPORAL_NAMESPACE || 'default',
  deploymentName: env.TREADLE_DEPLOYMENT || 'treadle',
})
