import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  buildGoWorker,
  type Child,
  cacheFolder,
  createReport,
  createSupervisor,
  preparePython,
  startGoWorker,
  startPythonWorker,
} from '@treadle/local'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openLedger } from '../support/ledger.ts'
import { useStack } from '../support/use-stack.ts'
import { cancelAnywhere } from './support/cancel-anywhere.ts'
import { collect, createClient, faultsOf, type StreamEvent, textOf } from './support/client.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const stack = useStack({ workerEnv: { TREADLE_FUNCTIONS: `${examples}typescript-tools/clean-text.mjs` } })
const client = () => createClient(stack().url)

let python: Child
let startPython = async (): Promise<Child> => {
  throw new Error('The stack is there only inside of tests.')
}
let stop = async () => {}

beforeAll(async () => {
  const { ledgerFile, folder } = inject('shared')
  const supervisor = createSupervisor({ onSpawn: openLedger(ledgerFile).add })
  stop = () => supervisor.stopAll()
  const { temporalAddress, database, model, blobs } = stack()
  const options = {
    temporalAddress,
    temporalNamespace: 'default',
    blobs,
    databaseUrl: database.workerUrl,
    openaiBaseUrl: model.baseUrl,
    openaiApiKey: 'sk-scripted-0000',
    egressAllow: [],
    env: { PATH: process.env.PATH, HOME: folder },
  }
  const environment = await preparePython({ env: process.env, cacheFolder: cacheFolder(), report: createReport() })
  startPython = () =>
    startPythonWorker(
      supervisor,
      { ...environment, path: [`${examples}python-tools`] },
      { ...options, env: { ...options.env, TREADLE_FUNCTIONS: 'my_tools' } },
    )
  const executable = await buildGoWorker({ env: process.env, folder: `${examples}go-tools` })
  ;[python] = await Promise.all([startPython(), startGoWorker(supervisor, executable, options)])
}, 300_000)

afterAll(() => stop())

const TEXTS = ['  the   quick brown fox ', 'again and again and again', 'all  words differ here', 'one two one two']

test('a document runs in all three languages, and completes although its Python worker is killed in the middle', async () => {
  const ir = await readFile(`${examples}mixed-languages.yaml`, 'utf8')
  const { model } = stack()
  model.when({}, [{ text: 'Because ' }, { gate: 'killed' }, { text: 'never seen' }], { times: 1 })
  model.when({}, [{ text: 'Because its words differ.' }])

  const { id } = await client().start({ ir, input: { texts: TEXTS } })
  await model.reached('killed')
  python.signal('SIGKILL')
  await python.exited
  python = await startPython()

  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({
    type: 'run.completed',
    data: { output: { best: { text: 'the quick brown fox', score: 1 }, why: 'Because its words differ.' } },
  })
  const runtimes = (path: RegExp) =>
    new Set(
      started(events).flatMap(({ node = '', data }) =>
        path.test(node) ? [(data as { runtime?: string }).runtime] : [],
      ),
    )
  expect(runtimes(/cleaned$/)).toEqual(new Set(['typescript']))
  expect(runtimes(/score$/)).toEqual(new Set(['python']))
  expect(runtimes(/^ranked$/)).toEqual(new Set(['go']))
  expect(runtimes(/^why$/)).toEqual(new Set(['python']))

  // Only what was being executed is repeated, and the log says what was lost with it.
  const attempts = started(events).map(({ node, attempt }) => `${node} ${attempt}`)
  expect(attempts.filter((each) => !each.endsWith(' 1'))).toEqual(['why 2'])
})

test('cancelled at any of its events, it ends as cancelled and leaves nothing running', {
  timeout: 900_000,
}, async () => {
  stack().model.when({}, [{ text: 'Because its words differ.' }])
  const ir = await readFile(`${examples}mixed-languages.yaml`, 'utf8')
  await cancelAnywhere(stack(), { ir, input: { texts: TEXTS } }, 3)
})

test('its script shows which worker executed each node', async () => {
  stack().model.when({}, [{ text: 'Because its words differ.' }])
  const env = { ...process.env, BASE_URL: stack().url }
  const { stdout } = await promisify(execFile)(`${examples}mixed-languages.sh`, [], { env, timeout: 50_000 })
  for (const runtime of ['typescript', 'python', 'go']) expect(stdout).toContain(`"runtime":"${runtime}"`)
  expect(stdout.trimEnd().split('\n').at(-1)).toContain('"status":"completed"')
})

test('the document of the Python project shows how far it has come', async () => {
  const ir = await readFile(`${examples}python-tools/summarize.yaml`, 'utf8')
  const { id } = await client().start({ ir, input: { parts: ['one two', '', 'three'] } })
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.completed', data: { output: { parts: 3, words: 3 } } })
  expect(textOf(events, 'summary')).toBe('1/3 2/3 3/3 ')
  const progress = events.flatMap(({ type, data }) =>
    type === 'log' ? [(data as { fields: { progress: number } }).fields.progress] : [],
  )
  expect(progress).toEqual([1 / 3, 2 / 3, 1])
})

test('a document that calls a function wrongly, or one that nobody has, has a finding', async () => {
  const tool = (name: string) => ({ kind: 'function', name, runtime: 'python' })
  const document = {
    ir: 'treadle/v1',
    name: 'wrong',
    tools: { score: tool('score_text'), nobody: tool('scoer_text') },
    nodes: {
      a: { kind: 'tool', tool: 'score', args: { text: 4 } },
      b: { kind: 'tool', tool: 'nobody', args: {} },
      c: { kind: 'set', value: '${nodes.a.points}' },
    },
  }
  const { diagnostics } = (await (await client().post('/validate', document)).json()) as {
    diagnostics: { code: string; path: string; hint: string }[]
  }
  expect(diagnostics.map(({ code, path }) => `${code} ${path}`)).toEqual([
    'unknown-function /tools/nobody/name',
    'argument-mismatch /nodes/a/args/text',
    'maybe-missing /nodes/c/value',
  ])
  expect(diagnostics[0]?.hint).toContain('score_text')
})

const started = (events: readonly StreamEvent[]) => events.filter(({ type }) => type === 'node.started')
