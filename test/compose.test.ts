import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readConfig as readApiConfig } from '@treadle/api'
import { SEARCH_ATTRIBUTES } from '@treadle/contract'
import { readModelConfig, readSetUpConfig } from '@treadle/local'
import { readConfig as readWorkerConfig } from '@treadle/worker'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { validate as lintDockerfile } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

type Service = {
  image?: string
  build?: { context: string; dockerfile: string }
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  healthcheck?: { test: string[] }
  restart?: string
  depends_on?: Record<string, { condition: string }>
}
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const serviceOf = (name: string): Service => compose.services[name] ?? expect.unreachable(`There is no service ${name}`)

test('the file is valid by the schema of the compose specification', () => {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  const isValid = ajv.compile(JSON.parse(read('test/fixtures/compose-spec.json')))
  isValid(compose)
  expect(isValid.errors).toBeNull()
})

test('every image is pinned by tag and digest, and what we build has its Dockerfile', () => {
  for (const [, { image, build }] of services) {
    if (build) expect(existsSync(`${root}${build.dockerfile}`)).toBe(true)
    else expect(image).toMatch(/^[\w./-]+:[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}$/)
  }
  expect(services.filter(([, { image, build }]) => !image === !build)).toEqual([])
})

describe('Dockerfiles', () => {
  const manifest = JSON.parse(read('package.json')) as { packageManager: string; engines: { node: string } }
  const dockerfiles = ['api', 'worker', 'local'].map((app) => [app, read(`apps/${app}/Dockerfile`)] as const)

  test.each(dockerfiles)('that of the %s is pinned, locked, and runs as nobody special', (app, text) => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base)
    expect(bases).toHaveLength(2)
    for (const base of bases) expect(base).toMatch(/^node:20\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/)
    expect(text).toContain(`npm install --global ${manifest.packageManager}`)
    expect(text).toContain('pnpm install --frozen-lockfile\n')
    expect(text).toContain(`pnpm exec tsc -b apps/${app}\n`)
    expect(text).toMatch(new RegExp(`pnpm --filter @treadle/${app} deploy --prod .*/app\n`))
    expect(text.split('FROM ').at(-1)).toMatch(/^USER node$/m)
  })

  test.each(dockerfiles)('the program that the image of the %s runs is one that is built', (app, text) => {
    const [, program = ''] = /^CMD .*"dist\/([\w-]+)\.js"\]$/m.exec(text) ?? []
    expect(existsSync(`${root}apps/${app}/src/${program}.ts`)).toBe(true)
  })
})

test.each(['api', 'worker', 'local', 'worker-go', 'worker-python'])(
  'the linter finds nothing in the Dockerfile of %s',
  (app) => {
    expect(lintDockerfile(read(`apps/${app}/Dockerfile`))).toEqual([])
  },
)

describe('the Dockerfile of the Python worker', () => {
  const text = read('apps/worker-python/Dockerfile')

  test('has a Python that the project takes, packages by their hashes, and runs as nobody special', () => {
    const [, given = ''] = /^FROM python:3\.(\d+)-slim/m.exec(text) ?? []
    const [, wanted = ''] = /^requires-python = ">=3\.(\d+)"/m.exec(read('apps/worker-python/pyproject.toml')) ?? []
    expect(Number(given)).toBeGreaterThanOrEqual(Number(wanted))
    expect(text).toContain('--require-hashes -r requirements.txt')
    expect(text).toMatch(/^USER nobody$/m)
  })

  test('runs a module that is there, of files that are there', () => {
    const copied = [...text.matchAll(/^COPY (.*) (\S+)$/gm)].flatMap(([, files = '']) => files.split(' '))
    expect(copied.filter((file) => !existsSync(`${root}${file}`))).toEqual([])
    const [, module = ''] = /^ENTRYPOINT \["python", "-m", "(.*)"\]$/m.exec(text) ?? []
    expect(existsSync(`${root}apps/worker-python/src/${module.replaceAll('.', '/')}.py`)).toBe(true)
  })
})

describe('the Dockerfile of the Go worker', () => {
  const text = read('apps/worker-go/Dockerfile')

  test('is pinned by tag and digest, has a Go that go.mod takes, and runs as nobody special', () => {
    const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base = '']) => base)
    for (const base of bases) expect(base).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/)
    const wanted = /^go (\d+)\.(\d+)/m.exec(read('apps/worker-go/go.mod'))
    const given = /^golang:(\d+)\.(\d+)/.exec(bases[0] ?? '')
    expect(given?.slice(1)).toEqual(wanted?.slice(1))
    expect(text.split('FROM ').at(-1)).toMatch(/^USER nonroot$/m)
  })

  test('builds a program that is there, from files that are there', () => {
    const [, program = ''] = /go build .* \.\/(\S+)$/m.exec(text) ?? []
    expect(existsSync(`${root}apps/worker-go/${program}/main.go`)).toBe(true)
    const copied = [...text.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, files = '']) => files.split(' '))
    expect(copied.filter((file) => !existsSync(`${root}${file}`))).toEqual([])
  })
})

test('the programs that commands name are ones that are built', () => {
  for (const [, { build, command = [] }] of services) {
    if (!build) continue
    const app = build.dockerfile.replace('/Dockerfile', '')
    for (const program of command.filter((word) => word.startsWith('dist/'))) {
      expect(existsSync(`${root}${app}/${program.replace('dist/', 'src/').replace('.js', '.ts')}`)).toBe(true)
    }
  }
})

describe('variables', () => {
  // What the AWS SDK reads itself, with the credentials of the blob store.
  const AWS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']

  test.each<[string, (env: NodeJS.ProcessEnv) => unknown]>([
    ['api', readApiConfig],
    ['worker', readWorkerConfig],
    ['migrate', readSetUpConfig],
    ['model', readModelConfig],
  ])('those of the service %s are read, and accepted, by its config module', (name, readConfig) => {
    const env = environmentOf(name)
    const { asked, recorded } = recordReads(env)
    readConfig(recorded)
    expect(Object.keys(env).filter((variable) => !asked.has(variable) && !AWS.includes(variable))).toEqual([])
  })

  test.each([
    ['worker-go', ['internal/config/config.go', 'internal/config/temporal.go']],
    ['worker-python', ['src/treadle/config.py']],
  ])('%s has those of the TypeScript worker, and its own config takes all of them', (name, files) => {
    const { TREADLE_DEPLOYMENT: _, ...expected } = environmentOf('worker')
    expect(environmentOf(name)).toEqual(expected)
    const source = files.map((file) => read(`apps/${name}/${file}`)).join('')
    const names = Object.keys(expected).filter((name) => !AWS.includes(name))
    expect(names.filter((name) => !source.includes(`"${name}"`))).toEqual([])
  })

  test('the services and their servers agree on names, passwords and ports', () => {
    const [api, worker, migrate] = ['api', 'worker', 'migrate'].map(environmentOf)
    expect(api?.TREADLE_DATABASE_URL).toBe(migrate?.TREADLE_API_DATABASE_URL)
    expect(worker?.TREADLE_DATABASE_URL).toBe(migrate?.TREADLE_WORKER_DATABASE_URL)

    const postgres = environmentOf('postgres')
    const admin = new URL(migrate?.TREADLE_ADMIN_DATABASE_URL ?? '')
    expect([admin.username, admin.password, admin.host, admin.pathname]).toEqual([
      postgres.POSTGRES_USER,
      postgres.POSTGRES_PASSWORD,
      'postgres:5432',
      `/${postgres.POSTGRES_DB}`,
    ])
    const minio = environmentOf('minio')
    const store = new URL(environmentOf('bucket').MC_HOST_store ?? '')
    const blobs = new URL(api?.TREADLE_BLOBS ?? '')
    expect([store.username, store.password, store.origin]).toEqual([
      minio.MINIO_ROOT_USER,
      minio.MINIO_ROOT_PASSWORD,
      blobs.searchParams.get('endpoint'),
    ])
    expect(serviceOf('bucket').command?.at(-1)).toBe(`store/${blobs.host}`)
    for (const env of [api, worker]) {
      expect([env?.AWS_ACCESS_KEY_ID, env?.AWS_SECRET_ACCESS_KEY]).toEqual([store.username, store.password])
      expect(env?.TREADLE_BLOBS).toBe(blobs.href)
    }
    for (const env of [api, worker, migrate]) expect(env?.TEMPORAL_ADDRESS).toBe('temporal:7233')
    expect(serviceOf('temporal').command).toContain('--port=7233')
    expect(new URL(worker?.OPENAI_BASE_URL ?? '').port).toBe(environmentOf('model').TREADLE_MODEL_PORT)
  })
})

test('ports are open to this machine only, and are those that the services listen on', () => {
  const inside = { temporal: '7233', postgres: '5432', minio: '9000', api: environmentOf('api').TREADLE_API_PORT }
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) {
      expect(port).toBe(`127.0.0.1:${inside[name as keyof typeof inside]}:${inside[name as keyof typeof inside]}`)
    }
  }
  expect(serviceOf('api').ports).toEqual(['127.0.0.1:8080:8080'])
})

test('what serves has a health check, what is waited for can be, and volumes are declared', () => {
  const serving = services.filter(([name, { restart }]) => restart !== undefined && !/^worker(-|$)/.test(name))
  for (const [, { healthcheck }] of serving) expect(healthcheck?.test.length).toBeGreaterThan(1)
  for (const [, { depends_on: needed = {} }] of services) {
    for (const [name, { condition }] of Object.entries(needed)) {
      const { healthcheck, restart } = serviceOf(name)
      if (condition === 'service_healthy') expect(healthcheck).toBeDefined()
      else expect([condition, restart]).toEqual(['service_completed_successfully', undefined])
    }
  }
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]))
  expect(mounted.toSorted()).toEqual(Object.keys(compose.volumes).toSorted())
})

test('Temporal has the settings that npm start gives it', () => {
  const source = read('apps/local/src/temporal/temporal-server.ts')
  const settings = (serviceOf('temporal').command ?? []).flatMap(
    (word) => /^--dynamic-config-value=(.*)$/.exec(word)?.[1] ?? [],
  )
  expect(settings.length).toBeGreaterThan(3)
  for (const setting of settings) expect(source).toContain(`'${setting}'`)
  expect(Object.keys(SEARCH_ATTRIBUTES)).toContain('TreadleTenant') // Created by `migrate`, from the one list.
})

test('docker compose itself accepts the file', ({ skip }) => {
  // `npm test` promises to need no Docker; without it, the schema above is what the file is held to.
  skip(spawnSync('docker', ['compose', 'version']).status !== 0, 'docker compose is not installed here')
  const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: root, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

/** The environment of a service, with `${NAME:-default}` as it is when nothing is set. */
function environmentOf(name: string): Record<string, string> {
  const entries = Object.entries(serviceOf(name).environment ?? {})
  return Object.fromEntries(entries.map(([key, value]) => [key, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]))
}

/** An environment that tells which of its variables were asked for. */
function recordReads(env: Record<string, string>) {
  const asked = new Set<string | symbol>()
  const get = (target: Record<string, string>, name: string | symbol) => {
    asked.add(name)
    return Reflect.get(target, name) as string | undefined
  }
  // Hidden from whoever goes through all variables, which would count as asking for each.
  return { asked, recorded: new Proxy(env, { get, ownKeys: () => [] }) as NodeJS.ProcessEnv }
}
