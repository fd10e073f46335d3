import { readFileSync } from 'node:fs'
import { type Keyring, parseKeyring } from '@treadle/contract/encryption'
import { type ModelTable, parseModelTable } from '@treadle/contract/settings'
import { parseSecretGrants, type SecretGrants } from './secrets/grants.ts'

/** All that the worker is told from outside, read once at start. */
export type WorkerConfig = {
  /** Of a login in the role treadle_worker. */
  databaseUrl: string
  temporal: TemporalConfig
  /** Where large values are kept: `file:///folder` or `s3://bucket?…`. */
  blobsUrl: string
  openai: { apiKey?: string; baseUrl?: string }
  logLevel: LogLevel
  /** Modules that register functions: paths or package names, imported at start. */
  functionModules: string[]
  /** `host:port` that tools may reach although their addresses are private. */
  egressAllow: string[]
  secrets: { values: Record<string, string>; folder?: string; grants?: SecretGrants }
  models: ModelTable
  /** Nodes that are executed at the same time. */
  concurrency: number
  /** How the logs of ended runs are kept: after how long they are packed, and moved to the blobs. */
  keeping: { packAfterMs: number; archiveAfterMs: number; intervalMs: number }
  /** Of everything that Temporal is given; absent: nothing is encrypted. */
  keyring?: Keyring
  /** After how long ended runs are erased (0: never), and blobs without references; how often is looked. */
  housekeeping: { retentionMs: number; untouchedForMs: number; intervalMs: number }
  /** What notifications of events carry: the events, or (`hint`) only that there are some. */
  notify: 'data' | 'hint'
  /** Names the Temporal worker deployment; absent: workers are not versioned. */
  deployment?: string
  /** Where bundles of the workflow are kept, each under its build id. Default: beside the program. */
  bundleFolder?: string
  /** Hosts the runs of this kept build, and nothing else: for runs that an earlier version began. */
  buildId?: string
}

export type TemporalConfig = {
  address: string
  namespace: string
  apiKey?: string
  tls?: true | { serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } }
}

export type LogLevel = (typeof LOG_LEVELS)[number]
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

const SECRET_PREFIX = 'TREADLE_SECRET_'
/** Shorter values cannot be told apart from other text, so they could not be kept out of the log. */
const SECRET_LENGTH_MIN = 4
const CONCURRENCY_DEFAULT = 200
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** @throws Error that names every bad variable, one a line. */
export function readConfig(env: NodeJS.ProcessEnv): WorkerConfig {
  const problems: string[] = []
  const read = createReader(env, problems)
  const tls = readTls(read)
  const config: WorkerConfig = {
    databaseUrl: read.required('TREADLE_DATABASE_URL', databaseUrl),
    temporal: {
      address: read.optional('TEMPORAL_ADDRESS', hostAndPort) ?? '127.0.0.1:7233',
      namespace: read.text('TEMPORAL_NAMESPACE') ?? 'default',
      ...given('apiKey', read.text('TEMPORAL_API_KEY')),
      ...given('tls', tls),
    },
    blobsUrl: read.required('TREADLE_BLOBS', blobsUrl),
    openai: {
      ...given('apiKey', read.text('OPENAI_API_KEY')),
      ...given('baseUrl', read.optional('OPENAI_BASE_URL', httpUrl)),
    },
    logLevel: read.optional('TREADLE_LOG_LEVEL', logLevel) ?? 'info',
    functionModules: list(read.text('TREADLE_FUNCTIONS')),
    egressAllow: read.optional('TREADLE_EGRESS_ALLOW', (text) => list(text).map(hostAndPort)) ?? [],
    secrets: {
      values: readSecrets(env, problems),
      ...given('folder', read.text('TREADLE_SECRETS_DIR')),
      ...given('grants', read.optional('TREADLE_GRANTS', parseSecretGrants)),
    },
    models: read.optional('TREADLE_MODELS', parseModelTable) ?? {},
    concurrency: read.optional('TREADLE_CONCURRENCY', positiveInteger) ?? CONCURRENCY_DEFAULT,
    keeping: {
      packAfterMs: read.optional('TREADLE_LOG_PACK_AFTER_MS', milliseconds) ?? 10 * MINUTE_MS,
      archiveAfterMs: read.optional('TREADLE_LOG_ARCHIVE_AFTER_MS', milliseconds) ?? 7 * 24 * 60 * MINUTE_MS,
      intervalMs: read.optional('TREADLE_LOG_KEEP_INTERVAL_MS', positiveInteger) ?? MINUTE_MS / 2,
    },
    housekeeping: {
      retentionMs: (read.optional('TREADLE_RETENTION_DAYS', days) ?? 90) * DAY_MS,
      untouchedForMs: read.optional('TREADLE_BLOBS_UNTOUCHED_MS', milliseconds) ?? DAY_MS,
      intervalMs: read.optional('TREADLE_HOUSEKEEPING_INTERVAL_MS', positiveInteger) ?? MINUTE_MS,
    },
    notify: read.optional('TREADLE_EVENTS_NOTIFY', dataOrHint) ?? 'data',
    ...given('keyring', read.optional('TREADLE_ENCRYPTION_KEYS', parseKeyring)),
    ...given('deployment', read.text('TREADLE_DEPLOYMENT')),
    ...given('bundleFolder', read.text('TREADLE_BUNDLES')),
    ...given('buildId', read.optional('TREADLE_BUILD_ID', buildId)),
  }
  if (problems.length > 0) {
    throw new Error(`The worker’s environment is not usable:\n${problems.map((problem) => `- ${problem}`).join('\n')}`)
  }
  return Object.freeze(config)
}

type Reader = ReturnType<typeof createReader>

/** Reads variables and gathers what is wrong; an empty variable counts as absent. */
function createReader(env: NodeJS.ProcessEnv, problems: string[]) {
  const text = (name: string) => env[name]?.trim() || undefined
  const optional = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    try {
      return parse(value)
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : String(error)}`)
      return undefined
    }
  }
  return {
    text,
    optional,
    required(name: string, parse: (text: string) => string): string {
      if (text(name) === undefined) problems.push(`${name} is missing: ${HINTS[name]}`)
      return optional(name, parse) ?? ''
    },
  }
}

const HINTS: Record<string, string> = {
  TREADLE_DATABASE_URL: 'give the Postgres URL of the worker’s login, such as postgres://worker:…@host/treadle',
  TREADLE_BLOBS: 'give a folder (file:///var/lib/treadle/blobs) or a bucket (s3://bucket?region=eu-central-1)',
}

/** The names are those of Temporal's own environment configuration. */
function readTls(read: Reader): TemporalConfig['tls'] {
  const ca = read.optional('TEMPORAL_TLS_SERVER_CA_CERT_PATH', file)
  const crt = read.optional('TEMPORAL_TLS_CLIENT_CERT_PATH', file)
  const key = read.optional('TEMPORAL_TLS_CLIENT_KEY_PATH', file)
  if (ca || (crt && key)) {
    return { ...given('serverRootCACertificate', ca), ...(crt && key ? { clientCertPair: { crt, key } } : {}) }
  }
  return read.optional('TEMPORAL_TLS', boolean) ? true : undefined
}

function readSecrets(env: NodeJS.ProcessEnv, problems: string[]): Record<string, string> {
  const secrets: Record<string, string> = {}
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(SECRET_PREFIX) || value === undefined) continue
    const name = variable.slice(SECRET_PREFIX.length)
    if (!/^[A-Z][A-Z0-9_]{0,99}$/.test(name)) {
      problems.push(`${variable} names a secret by something else than capitals, digits and underscores`)
    } else if (value.length < SECRET_LENGTH_MIN) {
      problems.push(
        `${variable} is shorter than ${SECRET_LENGTH_MIN} characters, so it could not be kept out of the log`,
      )
    } else {
      secrets[name] = value
    }
  }
  return secrets
}

const given = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }

const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

function databaseUrl(text: string): string {
  if (!/^postgres(ql)?:\/\//.test(text))
    throw new Error('is not a Postgres URL (postgres://user:password@host/database)')
  return text
}

function blobsUrl(text: string): string {
  if (!/^(file|s3):\/\//.test(text)) throw new Error('is neither a file:/// folder nor an s3:// bucket')
  return text
}

function httpUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Error('is not an http(s) URL')
  return text
}

function hostAndPort(text: string): string {
  if (!/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text))
    throw new Error(`holds "${text}", which is not host:port`)
  return text.toLowerCase()
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text)
  if (!level) throw new Error(`is none of ${LOG_LEVELS.join(', ')}`)
  return level
}

function buildId(text: string): string {
  if (!/^[0-9a-f]{16}$/.test(text)) throw new Error('is no build id (16 hex digits)')
  return text
}

function boolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error('is neither true nor false')
  return text === 'true'
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error('is not a whole number from 1 to 999999')
  return Number(text)
}

function days(text: string): number {
  if (!/^\d{1,5}(\.\d{1,9})?$/.test(text)) throw new Error('is not a number of days')
  return Number(text)
}

function milliseconds(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error('is not a whole number of milliseconds')
  return Number(text)
}

function dataOrHint(text: string): 'data' | 'hint' {
  if (text !== 'data' && text !== 'hint') throw new Error('is neither data nor hint')
  return text
}

function file(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new Error(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code ?? error})`)
  }
}
