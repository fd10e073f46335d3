import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ClearError } from './clear-error.ts'

/** What `npm start` reads from its environment, once. Every default works on a machine with nothing on it. */
export type Config = Readonly<{
  /** TREADLE_HOME: where the stack keeps its data and logs. Default `.treadle` in the checkout. */
  home: string
  /** Where what is fetched or built once is kept for this user (XDG_CACHE_HOME). */
  cacheFolder: string
  /** TREADLE_API_PORT, default 8080. 0 means any free port, here and below. */
  apiPort: number
  /** TREADLE_TEMPORAL_PORT, default 7233. */
  temporalPort: number
  /** TREADLE_POSTGRES_PORT, default 0. */
  postgresPort: number
  /** TREADLE_TOOLS_PORT of the demonstration's tools, default 8090: the examples name it. */
  toolsPort: number
  /** TEMPORAL_ADDRESS: a server that runs already, in the place of one of our own. */
  temporalAddress: string | undefined
  /** TEMPORAL_NAMESPACE, default `default`. */
  temporalNamespace: string
  /** TREADLE_POSTGRES_URL: a server that runs already, as a role that may create databases and roles. */
  postgresUrl: string | undefined
  /** OPENAI_API_KEY and OPENAI_BASE_URL. With neither, the scripted model answers. */
  openai: Readonly<{ apiKey: string | undefined; baseUrl: string | undefined }>
  /** TREADLE_FIRST_RUN, `yes` or `no`, default yes: whether a run is shown at the start. */
  firstRun: boolean
  /** The rest of the environment, for the processes that are started. */
  env: NodeJS.ProcessEnv
}>

/** The root of the checkout: this file lies in `apps/local/src` or `apps/local/dist`. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url))

/** @throws ClearError that lists every bad variable at once. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = []
  const text = (name: string) => env[name]?.trim() || undefined

  const port = (name: string, standard: number) => {
    const value = text(name) ?? String(standard)
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
    problems.push(`${name}: "${value}" is no port (a number from 0 to 65535; 0 means any free one)`)
    return standard
  }
  const url = (name: string, protocols: readonly string[]) => {
    const value = text(name)
    if (value === undefined || (URL.canParse(value) && protocols.includes(new URL(value).protocol))) return value
    // Not the value itself: it may hold a password.
    problems.push(`${name}: not a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`)
    return undefined
  }
  const address = (name: string) => {
    const value = text(name)
    if (value === undefined || /^[^\s/]+:\d{1,5}$/.test(value)) return value
    problems.push(`${name}: "${value}" is no address (host:port, such as 127.0.0.1:7233)`)
    return undefined
  }
  const yesOrNo = (name: string, standard: boolean) => {
    const value = text(name) ?? (standard ? 'yes' : 'no')
    if (value !== 'yes' && value !== 'no') problems.push(`${name}: "${value}" is neither yes nor no`)
    return value === 'yes'
  }
  const cacheHome = () => {
    const value = text('XDG_CACHE_HOME')
    if (value !== undefined && !isAbsolute(value)) problems.push(`XDG_CACHE_HOME: "${value}" is no absolute path`)
    return value ?? join(text('HOME') ?? homedir(), '.cache')
  }

  const config: Config = {
    home: resolve(text('TREADLE_HOME') ?? join(checkout, '.treadle')),
    cacheFolder: join(cacheHome(), 'treadle'),
    apiPort: port('TREADLE_API_PORT', 8080),
    temporalPort: port('TREADLE_TEMPORAL_PORT', 7233),
    postgresPort: port('TREADLE_POSTGRES_PORT', 0),
    toolsPort: port('TREADLE_TOOLS_PORT', 8090),
    temporalAddress: address('TEMPORAL_ADDRESS'),
    temporalNamespace: text('TEMPORAL_NAMESPACE') ?? 'default',
    postgresUrl: url('TREADLE_POSTGRES_URL', ['postgres:', 'postgresql:']),
    openai: { apiKey: text('OPENAI_API_KEY'), baseUrl: url('OPENAI_BASE_URL', ['http:', 'https:']) },
    firstRun: yesOrNo('TREADLE_FIRST_RUN', true),
    env,
  }
  if (problems.length === 0) return Object.freeze(config)
  throw new ClearError(
    ['The environment is not as it should be:', ...problems.map((problem) => `  ${problem}`)].join('\n'),
  )
}
