import { isIP } from 'node:net'
import { readTemporalTls, type TemporalTls } from './temporal-tls.ts'

/** Everything that the API takes from its environment. */
export type Config = {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly databaseUrl: string
  readonly databaseConnections: number
  /** `file:///folder` or `s3://bucket?…`, see openBlobs. */
  readonly blobs: string
  readonly temporalAddress: string
  readonly temporalNamespace: string
  readonly temporalApiKey: string | undefined
  readonly temporalTls: TemporalTls | undefined
  readonly logLevel: string
  readonly bodyBytesMax: number
  /** How often a silent stream sends a comment. */
  readonly heartbeatMs: number
  /** How long a client of a stream may take nothing before it is sent away. */
  readonly stallMs: number
  /** How often the reconciler looks, while it finds nothing to do. */
  readonly reconcileIntervalMs: number
  /** Temporal's bound on a whole run, waiting for people included. */
  readonly runTimeoutMs: number
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const DAY_MS = 86_400_000

/**
 * Reads the environment once.
 * @throws Error that lists every variable that is missing or wrong.
 */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const wrong: string[] = []

  // The value itself is not shown: it may hold a password.
  const text = (name: string, fallback: string | undefined, check = (_: string) => '') => {
    const value = env[name] || fallback
    if (value === undefined) wrong.push(`${name} is missing`)
    else if (check(value) !== '') wrong.push(`${name} ${check(value)}`)
    return value ?? ''
  }
  const integer = (name: string, fallback: number, least: number, most: number) => {
    const value = env[name] ? Number(env[name]) : fallback
    if (!Number.isInteger(value) || value < least || value > most) {
      wrong.push(`${name} has to be a whole number from ${least} to ${most}, and is ${JSON.stringify(env[name])}`)
    }
    return value
  }
  const url =
    (...protocols: string[]) =>
    (value: string) =>
      URL.canParse(value) && protocols.includes(new URL(value).protocol)
        ? ''
        : `has to be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`

  const config: Config = {
    host: text('TREADLE_API_HOST', '127.0.0.1', checkHost(env.TREADLE_API_OPEN === 'true')),
    port: integer('TREADLE_API_PORT', 8080, 0, 65_535),
    databaseUrl: text('TREADLE_DATABASE_URL', undefined, url('postgres:', 'postgresql:')),
    databaseConnections: integer('TREADLE_DATABASE_CONNECTIONS', 10, 1, 1_000),
    blobs: text('TREADLE_BLOBS', undefined, url('file:', 's3:')),
    temporalAddress: text('TEMPORAL_ADDRESS', '127.0.0.1:7233', (value) =>
      /^.+:\d+$/.test(value) ? '' : 'has to be host:port',
    ),
    temporalNamespace: text('TEMPORAL_NAMESPACE', 'default'),
    temporalApiKey: env.TEMPORAL_API_KEY || undefined,
    temporalTls: readTemporalTls(env, wrong),
    logLevel: text('TREADLE_LOG_LEVEL', 'info', (value) =>
      LOG_LEVELS.includes(value) ? '' : `has to be one of ${LOG_LEVELS.join(', ')}`,
    ),
    bodyBytesMax: integer('TREADLE_BODY_BYTES_MAX', 4 * 1024 * 1024, 1_024, 64 * 1024 * 1024),
    heartbeatMs: integer('TREADLE_STREAM_HEARTBEAT_MS', 10_000, 10, 60_000),
    stallMs: integer('TREADLE_STREAM_STALL_MS', 15_000, 10, 600_000),
    reconcileIntervalMs: integer('TREADLE_RECONCILE_INTERVAL_MS', 1_000, 50, 60_000),
    runTimeoutMs: integer('TREADLE_RUN_TIMEOUT_MS', 90 * DAY_MS, 1_000, 3_650 * DAY_MS),
  }
  if (wrong.length > 0) throw new Error(`The environment is wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`)
  return Object.freeze(config)
}

/** There are no API keys yet, so whoever reaches the port may do everything. */
const checkHost = (isOpen: boolean) => (host: string) =>
  isOpen || isLoopback(host)
    ? ''
    : 'has to be a loopback address (127.0.0.1, ::1 or localhost) as long as there are no API keys, because whoever reaches ' +
      'the port may do everything; where something else keeps strangers out, such as a private network of containers, ' +
      'say so with TREADLE_API_OPEN=true'

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
