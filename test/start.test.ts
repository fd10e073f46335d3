import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from '@treadle/local'
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { runProgram } from './support/program.ts'

// `npm start` as a person has it on a machine with nothing on it, but for the Temporal that the tests have found.
let home: string
let env: NodeJS.ProcessEnv

beforeEach(() => {
  const folder = mkdtempSync(join(inject('shared').folder, 'home-'))
  chmodSync(folder, 0o755) // Postgres does not run as root, and has to pass through.
  home = join(folder, 'treadle')
  // A test that fails may kill the program before it has ended what it started.
  onTestFinished(() => {
    for (const { pid } of living(processesOf(home))) process.kill(-pid, 'SIGKILL')
  })
  env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    XDG_CACHE_HOME: process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'),
    TREADLE_HOME: home,
    TREADLE_API_PORT: '0',
    TREADLE_TEMPORAL_PORT: '0',
    TREADLE_TOOLS_PORT: '0',
  }
})

const npmStart = (own: NodeJS.ProcessEnv = {}) => runProgram('npm', ['start'], { ...env, ...own })
const start = (own: NodeJS.ProcessEnv = {}) =>
  runProgram(process.execPath, ['apps/local/dist/main.js'], { ...env, ...own })

test('npm start shows a run with its tokens as they come, serves, and starts again with what it had', async () => {
  const first = npmStart()
  // In the moment in which the model's first word is there, the run has not ended.
  expect(await first.printed(/reply\?0 » \S/)).not.toMatch(/run\.completed/)
  const output = await first.printed(/Serving until Ctrl-C/)
  for (const type of ['run.created', 'node.completed classify', 'node.completed customer', 'node.completed greeting']) {
    expect(output).toContain(type)
  }
  const [, result = ''] = /The run is completed: (\{[\s\S]*?\n\})/.exec(output) ?? []
  expect(JSON.parse(result)).toMatchObject({ label: 'billing', customer: 'Ada' })
  expect(output).toContain('Without OPENAI_API_KEY or OPENAI_BASE_URL a scripted model answers')

  const curls = curlLines(output)
  expect(curls).toHaveLength(4)
  for (const line of curls) {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `${line} --fail --silent --show-error`], {
      encoding: 'utf8',
    })
    expect([line, status, stderr]).toEqual([line, 0, ''])
    expect(stdout).toMatch(line.includes('stream') || line.includes('-d ') ? /event: run\.completed/ : /^(\{|openapi)/)
  }
  const started = processesOf(home)
  expect(started.length).toBeGreaterThanOrEqual(4)
  first.interrupt()
  await first.ended // Not with 0: npm ends itself by the signal, once its script has ended.
  expect(first.output()).toMatch(/Everything has ended\n$/)
  expectGone(started)
  expect(existsSync(join(home, 'lock.json'))).toBe(false)

  const second = npmStart({ TREADLE_FIRST_RUN: 'no' })
  const again = await second.printed(/Serving until Ctrl-C/)
  await second.printed(/A Go worker polls/)
  expect(again).not.toContain('Making a Postgres cluster')
  const runId = /as (run_\w+)/.exec(output)?.[1]
  const run = await (await fetch(`${urlOf(again)}/runs/${runId}`)).json()
  expect(run).toMatchObject({ id: runId, status: 'completed', output: { customer: 'Ada' } })
  // As a service manager ends it: npm alone is told, and passes it on.
  process.kill(second.pid, 'SIGTERM')
  await second.ended
  expect(second.output()).toMatch(/Everything has ended\n$/)
}, 180_000)

test('without Go everything else starts, and says what waits', async () => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !existsSync(join(folder, 'go')))
  const program = start({ TREADLE_FIRST_RUN: 'no', PATH: [dirname(process.execPath), ...folders].join(delimiter) })
  await program.printed(/Go is not installed \(https:\/\/go\.dev\/dl\): nodes of the runtime go wait for a worker/)
  await program.printed(/Serving until Ctrl-C/)
  program.interrupt()
  expect(await program.ended).toBe(0)
}, 120_000)

test('what is left of a start that was killed is ended by the next', async () => {
  const killed = start({ TREADLE_FIRST_RUN: 'no' })
  await killed.printed(/Serving until Ctrl-C/)
  const left = processesOf(home)
  killed.kill()
  await killed.ended
  expect(living(left).length).toBeGreaterThan(0)

  const next = start({ TREADLE_FIRST_RUN: 'no' })
  const output = await next.printed(/Serving until Ctrl-C/)
  expectGone(left)
  expect(output).toMatch(/Ending Postgres \(process \d+\), which a start before left behind/)
  next.interrupt()
  expect(await next.ended).toBe(0)
}, 120_000)

test('a second start with the same home is refused, and harms nothing', async () => {
  const one = start({ TREADLE_FIRST_RUN: 'no' })
  const url = urlOf(await one.printed(/Serving until Ctrl-C/))
  const two = start()
  expect(await two.ended).toBe(1)
  expect(two.output()).toBe(
    `✗ Treadle runs already with this home (process ${one.pid}): end it with Ctrl-C, or set TREADLE_HOME, and the ports, to start a second one.\n`,
  )
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  one.interrupt()
  expect(await one.ended).toBe(0)
}, 120_000)

test('Ctrl-C in the middle of the start leaves nothing behind', async () => {
  const program = start()
  await program.printed(/Postgres serves|Temporal serves/)
  const started = processesOf(home)
  program.interrupt()
  expect(await program.ended).toBe(0)
  expectGone([...started, ...processesOf(home)])
}, 60_000)

test('when a part ends by itself, everything ends, and says which it was', async () => {
  const program = start({ TREADLE_FIRST_RUN: 'no' })
  await program.printed(/Serving until Ctrl-C/)
  const started = processesOf(home)
  const worker = started.find(({ name }) => name === 'worker') ?? expect.unreachable('There is no worker')
  process.kill(worker.pid, 'SIGKILL')
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(
    /worker ended by itself \(killed by SIGKILL\), so everything ends\. Its log: .*worker\.log/,
  )
  expectGone(started)
}, 120_000)

test('a port in use is one sentence with the way out, and nothing is started', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const program = start({ TREADLE_API_PORT: String(port) })
  expect(await program.ended).toBe(1)
  expect(program.output()).toBe(
    `✗ Port ${port}, where the API would listen, is in use already: end what uses it, or set TREADLE_API_PORT to another.\n`,
  )
})

test('bad variables are all named at once', async () => {
  const program = start({ TREADLE_API_PORT: 'eighty', TEMPORAL_ADDRESS: 'nowhere' })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(/TREADLE_API_PORT: "eighty".*\n.*TEMPORAL_ADDRESS: "nowhere"/)
  expect(existsSync(home)).toBe(false)
})

test('a Temporal server that cannot be reached is one sentence', async () => {
  const address = `127.0.0.1:${await freePort()}`
  const program = start({ TEMPORAL_ADDRESS: address })
  expect(await program.ended).toBe(1)
  expect(program.output()).toMatch(new RegExp(`✗ The Temporal server at ${address} cannot be used \\(TEMPORAL_ADDRESS`))
})

/** The commands that are shown, each in one line. */
const curlLines = (output: string) => output.replaceAll('\\\n', '').match(/(?<=^ +)curl .*$/gm) ?? []

const urlOf = (output: string) => /The API serves at (\S+),/.exec(output)?.[1] ?? ''

type Started = { pid: number; name: string }

/** What the stack with this home has started, by its own record; without itself. */
function processesOf(folder: string): Started[] {
  const file = join(folder, 'lock.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Started[]).slice(1) : []
}

/** Those that still run. One that has ended and waits for its parent to notice (state Z) does not. */
function living(started: readonly Started[]): Started[] {
  return started.filter(({ pid }) => {
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    return stdout.trim() !== '' && !stdout.startsWith('Z')
  })
}

const expectGone = (started: readonly Started[]) => expect(living(started)).toEqual([])

// Only root hands Postgres to another user.
test.runIf(process.getuid?.() === 0)('root is told which folder closes Postgres out', async () => {
  chmodSync(dirname(home), 0o700)
  const program = start()
  expect(await program.ended).toBe(1)
  expect(program.output()).toContain(`may not enter ${dirname(home)}: start this as another user, or open that folder`)
})
