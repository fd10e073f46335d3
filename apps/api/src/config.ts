import { isIP } from 'node:net'
import { type Keyring, parseKeyring } from '@treadle/contract/encryption'
import { type ModelTable, parseModelTable } from '@treadle/contract/settings'
import type { TokenOptions } from './auth/json-web-tokens.ts'
import { readTemporalTls, type TemporalTls } from './temporal-tls.ts'

/** Everything that the API takes from its environment. */
export type Config = {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Whether callers need a key: always, but where it listens on a loopback address and nobody asks for them. */
  readonly needsKeys: boolean
  /** JSON Web Tokens that are taken beside keys. */
  readonly tokens: TokenOptions | undefined
  /** Origins whose pages browsers let call the API. */
  readonly corsOrigins: readonly string[]
  /** What a tenant may take that has no quota of its own; undefined: as much as it wants. */
  readonly runsAtOnce: number | undefined
  readonly requestsAMinute: number | undefined
  /** How late the event loop may be, on average over a second, before requests are turned away. 0: as late as it is. */
  readonly eventLoopDelayMsMax: number
  readonly databaseUrl: string
  readonly databaseConnections: number
  /** `file:///folder` or `s3://bucket?…`, see openBlobs. */
  readonly blobs: string
  readonly temporalAddress: string
  readonly temporalNamespace: string
  readonly temporalApiKey: string | undefined
  readonly temporalTls: TemporalTls | undefined
  /** Of everything that Temporal is given; undefined: nothing is encrypted. */
  readonly keyring: Keyring | undefined
  /** Prices and limits of models, as the workers have them: what a document limits is checked against them. */
  readonly models: ModelTable
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

  const list = (name: string, check: (item: string) => string) => {
    const items = (env[name] ?? '').split(',').flatMap((item) => item.trim() || [])
    for (const item of items) if (check(item) !== '') wrong.push(`${name} ${check(item)}`)
    return items
  }
  const parsed = <T>(name: string, parse: (value: string) => T): T | undefined => {
    const value = env[name]
    try {
      return value ? parse(value) : undefined
    } catch (error) {
      wrong.push(`${name} ${(error as Error).message}`)
      return undefined
    }
  }
  /** 0: none. */
  const limit = (name: string) => integer(name, 0, 0, 1_000_000_000) || undefined

  const host = text('TREADLE_API_HOST', '127.0.0.1')
  const config: Config = {
    host,
    port: integer('TREADLE_API_PORT', 8080, 0, 65_535),
    needsKeys: text('TREADLE_API_KEYS', isLoopback(host) ? 'off' : 'required', checkKeys(host)) === 'required',
    tokens: readTokens(env, wrong),
    corsOrigins: list('TREADLE_CORS_ORIGINS', checkOrigin),
    runsAtOnce: limit('TREADLE_RUNS_AT_ONCE'),
    requestsAMinute: limit('TREADLE_REQUESTS_A_MINUTE'),
    eventLoopDelayMsMax: integer('TREADLE_EVENT_LOOP_DELAY_MS_MAX', 2_000, 0, 60_000),
    databaseUrl: text('TREADLE_DATABASE_URL', undefined, url('postgres:', 'postgresql:')),
    databaseConnections: integer('TREADLE_DATABASE_CONNECTIONS', 10, 1, 1_000),
    blobs: text('TREADLE_BLOBS', undefined, url('file:', 's3:')),
    temporalAddress: text('TEMPORAL_ADDRESS', '127.0.0.1:7233', (value) =>
      /^.+:\d+$/.test(value) ? '' : 'has to be host:port',
    ),
    temporalNamespace: text('TEMPORAL_NAMESPACE', 'default'),
    temporalApiKey: env.TEMPORAL_API_KEY || undefined,
    temporalTls: readTemporalTls(env, wrong),
    keyring: parsed('TREADLE_ENCRYPTION_KEYS', parseKeyring),
    models: parsed('TREADLE_MODELS', parseModelTable) ?? {},
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

const checkKeys = (host: string) => (value: string) => {
  if (value === 'required') return ''
  if (value !== 'off') return 'has to be "required" or "off"'
  return isLoopback(host)
    ? ''
    : `can be "off" only where TREADLE_API_HOST is a loopback address (127.0.0.1, ::1 or localhost), and it is ${host}: ` +
        'without keys whoever reaches the port may do everything'
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

const checkOrigin = (origin: string) =>
  URL.canParse(origin) && new URL(origin).origin === origin
    ? ''
    : 'has to be a list of origins, such as https://console.example.com, with commas between them'

/** All of them, or none. */
function readTokens(env: NodeJS.ProcessEnv, wrong: string[]): TokenOptions | undefined {
  const { TREADLE_JWT_JWKS_URL: jwksUrl, TREADLE_JWT_ISSUER: issuer, TREADLE_JWT_AUDIENCE: audience } = env
  if (!jwksUrl && !issuer && !audience) return undefined
  if (!jwksUrl || !issuer || !audience) {
    wrong.push('TREADLE_JWT_JWKS_URL, TREADLE_JWT_ISSUER and TREADLE_JWT_AUDIENCE have to be given together')
    return undefined
  }
  // Whoever can change the keys on their way can sign for everybody.
  const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isLoopback(url.hostname))) {
    wrong.push('TREADLE_JWT_JWKS_URL has to start with https://')
  }
  return { jwksUrl, issuer, audience, tenantClaim: env.TREADLE_JWT_TENANT_CLAIM || 'tenant' }
}
