import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import type { CheckpointPage, Run, RunState, Runtime } from '@treadle/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rowsOf, tablesOf } from '../support/database.ts'
import { encryptionKey, NEW, OLD } from '../support/encryption-key.ts'
import { goWorker, pythonWorker } from '../support/language-workers.ts'
import type { Stack } from '../support/stack.ts'
import { useStack } from '../support/use-stack.ts'
import { agentDocument, answers, asks } from './support/agents.ts'
import { collect, createClient, faultsOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'
import { child, documentOf, llm, receive } from './support/nodes.ts'

const MARK = 'what-nobody-may-see'
const LANGUAGES: readonly Runtime[] = ['typescript', 'python', 'go']
// Logs are packed at once, so that packs are looked into too.
const WORKER = {
  TREADLE_LOG_PACK_AFTER_MS: '1000',
  TREADLE_LOG_ARCHIVE_AFTER_MS: '1000',
  TREADLE_LOG_KEEP_INTERVAL_MS: '200',
}

/** The API knows both keys from the start: the first step of an exchange. */
const sealed = useStack({
  apiEnv: { TREADLE_ENCRYPTION_KEYS: `${OLD},${NEW}` },
  workerEnv: { ...WORKER, TREADLE_ENCRYPTION_KEYS: OLD },
})
const plain = useStack({ workerEnv: WORKER })

/** What listens to Postgres hears this, in both stacks. */
const heard: string[] = []
let listener: pg.Client | undefined

beforeAll(async () => {
  const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
  // The first build of the Go worker compiles what it is made of.
  const [python, go] = [await pythonWorker(`${examples}python-tools`), await goWorker(`${examples}go-tools`)]
  for (const [stack, keys] of [
    [sealed(), { TREADLE_ENCRYPTION_KEYS: OLD }],
    [plain(), {}],
  ] as const) {
    await stack.startWorker({ ...keys, TREADLE_FUNCTIONS: 'my_tools' }, python)
    await stack.startWorker(keys, go)
    script(stack)
  }
  listener = new pg.Client({ connectionString: sealed().database.apiUrl })
  await listener.connect()
  listener.on('notification', ({ payload }) => heard.push(payload ?? ''))
  await listener.query('listen treadle_events')
}, 600_000)
afterAll(() => listener?.end())

/** What models and tools answer: the same to both stacks, and in all of it the mark. */
function script({ model, tools }: Stack): void {
  model.when({ prompt: 'Fail' }, [{ text: `no ${MARK}` }])
  // In one piece: whether two become one event or two is a matter of when they come.
  model.when({ where: ({ body }) => JSON.stringify(body).includes('"Ask ') }, ({ messages }) => [
    { text: `${MARK} for ${String(messages.at(-1)?.content).slice(0, 20)}` },
  ])
  tools.when({ path: '/small' }, { json: { found: MARK } })
  tools.when({ path: '/large' }, { json: Array.from({ length: 3_000 }, (_, index) => `${index} ${MARK}`) })
  tools.when({ path: '/huge' }, { json: Array.from({ length: 100_000 }, (_, index) => `${index} ${MARK}`) })
  tools.when({ path: '/broken' }, { status: 400, text: `broken ${MARK}` })
  tools.when({ path: '/look' }, { json: { looked: MARK } })
}

const http = (stack: Stack, path: string) => ({ kind: 'http', method: 'GET', url: `${stack.tools.url}/${path}` })

/** Each kind of node, in each language. One after the other, so that two stacks write the same log. */
function everything(stack: Stack) {
  const tools = {
    small: { ...http(stack, 'small'), query: { q: '${args.q}' } },
    large: http(stack, 'large'),
    huge: http(stack, 'huge'),
    broken: http(stack, 'broken'),
    summarize: { kind: 'function', name: 'summarize', runtime: 'python' },
    rank: { kind: 'function', name: 'rank', runtime: 'go' },
  }
  const nodes: Record<string, object> = {
    given: { kind: 'set', value: { text: '${input.text}', list: ['${input.text}'] } },
  }
  let last = 'given'
  const add = (id: string, node: object) => {
    nodes[id] = { ...node, after: [last] }
    last = id
  }
  for (const runtime of LANGUAGES) {
    const caught = [{ on: ['invalid_request'], do: { kind: 'set', value: 'caught' } }]
    add(`${runtime}_said`, llm('Ask ${input.text}', { runtime }))
    add(`${runtime}_small`, { kind: 'tool', tool: 'small', args: { q: '${input.text}' }, runtime })
    add(`${runtime}_kept`, { kind: 'tool', tool: 'small', args: { q: '${input.text}' }, runtime, cache: { ttl: '1h' } })
    add(`${runtime}_large`, { kind: 'tool', tool: 'large', args: {}, runtime })
    add(`${runtime}_broken`, { kind: 'tool', tool: 'broken', args: {}, runtime, catch: caught })
    add(`${runtime}_shown`, { kind: 'emit', event: 'mine', data: { kind: '${input.text}' }, runtime })
  }
  add('huge', { kind: 'tool', tool: 'huge', args: {} })
  add('summary', { kind: 'tool', tool: 'summarize', args: { parts: ['${input.text}', '${nodes.python_said}'] } })
  add('best', { kind: 'tool', tool: 'rank', args: { items: [{ text: '${input.text}', score: 1 }] } })
  add('items', {
    kind: 'map',
    over: '["a", "b"]',
    maxItems: 2,
    concurrency: 1,
    do: { kind: 'set', value: '${input.text + item}' },
  })
  add('person', receive('go', { title: 'Is it ${input.text}?', outputSchema: { type: 'object' } }))
  add('inner', child({ one: { kind: 'set', value: '${input.text}' } }, { input: { text: '${input.text}' } }))
  return documentOf(nodes, {
    name: 'everything',
    tools,
    output: {
      person: '${nodes.person}',
      inner: '${nodes.inner.one}',
      large: '${nodes.go_large}',
      of: '${nodes.python_said}',
    },
  })
}

type Told = { id: string; lines: string[] }

/** The lines of the run's stream, as they are sent. */
async function linesOf(stack: Stack, id: string): Promise<string[]> {
  const text = await (await createClient(stack.url).get(`/runs/${id}/stream`)).text()
  return text.split('\n').filter((line) => line.startsWith('data: {"seq"'))
}

async function runEverything(stack: Stack): Promise<Told> {
  const client = createClient(stack.url)
  const { id } = await client.start(
    { ir: everything(stack), input: { text: MARK }, tags: { team: 'a' } },
    { 'idempotency-key': 'first' },
  )
  await followUntil(client, id, 'run.waiting')
  expect((await client.post(`/runs/${id}/signals/go`, { text: MARK })).status).toBe(202)
  expect(faultsOf(await collect(client.follow(id)))).toEqual([])
  expect(await client.result(id)).toMatchObject({
    status: 'completed',
    output: { person: { text: MARK }, inner: MARK, of: expect.stringContaining(MARK) },
  })
  return { id, lines: await linesOf(stack, id) }
}

async function runAgent(stack: Stack, runtime: Runtime): Promise<Told> {
  const client = createClient(stack.url)
  const name = `agent-${runtime}`
  answers(stack.model, name, asks({ name: 'look', arguments: { q: MARK } }), [{ text: `Found ${MARK}.` }])
  const agent = { runtime, instructions: `Be brief with ${MARK}.`, input: `Help ${MARK}` }
  const { id } = await client.start({ ir: agentDocument(stack, name, agent) })
  expect(await client.result(id)).toMatchObject({ status: 'completed', output: `Found ${MARK}.` })
  return { id, lines: await linesOf(stack, id) }
}

/** Two stacks differ in ids, times and addresses, and in nothing else. */
function comparable({ lines }: Told): string[] {
  const names = new Map<string, string>()
  const named = (id: string) => {
    if (!names.has(id)) names.set(id, `run ${names.size}`)
    return names.get(id) ?? ''
  }
  return lines.map((line) =>
    line
      .replace(/run_[0-9a-z]{26}/g, named)
      .replace(/"time":"[^"]+"/, '"time":""')
      .replace(/"id":"[0-9a-f-]{36}"/, '"id":""')
      .replace(/127\.0\.0\.1:\d+/g, 'host'),
  )
}

/** All that Postgres keeps, table by table: as text, and bytes as they are. */
async function dump(stack: Stack): Promise<Record<string, string>> {
  const dumped: Record<string, string> = {}
  for (const name of await tablesOf(stack)) {
    const rows = await rowsOf<Record<string, unknown>>(stack, `select * from treadle.${name}`)
    dumped[name] = rows
      .map((row) =>
        Object.values(row)
          .map((value) => (value instanceof Buffer ? value.toString('latin1') : JSON.stringify(value)))
          .join(' '),
      )
      .join('\n')
  }
  return dumped
}

async function blobsOf(stack: Stack): Promise<string[]> {
  const folder = fileURLToPath(stack.blobs)
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  return Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))
}

async function historyOf(stack: Stack, id: string): Promise<string> {
  const connection = await Connection.connect({ address: stack.temporalAddress })
  try {
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: `default:${id}` },
    })
    return (history?.events ?? []).map((event) => textIn(event)).join(' ')
  } finally {
    await connection.close()
  }
}

/** Every text and every byte string in it. */
function textIn(part: unknown): string {
  if (part instanceof Uint8Array) return Buffer.from(part).toString('latin1')
  if (typeof part === 'string') return part
  if (typeof part !== 'object' || part === null) return ''
  return Object.values(part).map(textIn).join(' ')
}

/** Where the mark is seen, in texts by name. */
const showing = (texts: Record<string, string>) =>
  Object.entries(texts).flatMap(([name, text]) =>
    text.includes(MARK) || text.includes('nobody')
      ? [`${name}: ${text.slice(Math.max(0, text.search('nobody') - 200), text.search('nobody') + 50)}`]
      : [],
  )

const ids: string[] = []

test('a run of each kind of node in three languages reads the same as without encryption, line by line', async () => {
  const [told, without] = await Promise.all([runEverything(sealed()), runEverything(plain())])
  ids.push(told.id)
  expect(comparable(told)).toEqual(comparable(without))
  // Once it is packed, and once the packs are in the blobs, too.
  for (const at of ['bytes is not null', 'blob is not null']) {
    await packed(told.id, at)
    expect(await linesOf(sealed(), told.id)).toEqual(told.lines)
  }
}, 120_000)

/** Resolves when the log of the run is in packs. */
const packed = (id: string, at = 'true') =>
  expect
    .poll(
      async () => (await rowsOf(sealed(), `select from treadle.event_packs where run_id = $1 and ${at}`, [id])).length,
      {
        timeout: 60_000,
      },
    )
    .toBeGreaterThan(0)

test.each(LANGUAGES)(
  'an agent of the worker in %s does, and its conversation is taken over by forks',
  async (runtime) => {
    const [told, without] = await Promise.all([runAgent(sealed(), runtime), runAgent(plain(), runtime)])
    ids.push(told.id)
    expect(comparable(told)).toEqual(comparable(without))
    const client = createClient(sealed().url)
    const page = (await (await client.get(`/runs/${told.id}/checkpoints`)).json()) as CheckpointPage
    const from = page.items.find(({ node }) => node.startsWith('agent~0.tool'))?.seq
    answers(sealed().model, `agent-${runtime}`, [{ text: `Again ${MARK}.` }])
    const fork = (await (await client.post(`/runs/${told.id}/fork`, { from })).json()) as Run
    expect(await client.result(fork.id)).toMatchObject({ status: 'completed', output: `Again ${MARK}.` })
    ids.push(fork.id)
    const asked = sealed().model.requests.at(-1)?.body as { messages: { content: string }[] }
    expect(asked.messages.map(({ content }) => content).join()).toContain(`{"looked":"${MARK}"}`)
  },
)

test('failures, reasons, early signals, answers to keys and stored workflows read as they were written', async () => {
  const client = createClient(sealed().url)
  const failed = await client.start({
    ir: documentOf({ a: { kind: 'fail', type: 'mine', message: `${MARK} failed` } }),
  })
  expect(await client.result(failed.id)).toMatchObject({ status: 'failed', error: { message: `${MARK} failed` } })

  const waiting = await client.start({ ir: documentOf({ a: receive('go') }) })
  await followUntil(client, waiting.id, 'run.waiting')
  await client.post(`/runs/${waiting.id}/cancel`, { reason: `because ${MARK}` })
  const events = await collect(client.follow(waiting.id))
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: `because ${MARK}` } })

  const startAt = new Date(Date.now() + 2_000).toISOString()
  const early = await client.start({ ir: documentOf({ a: receive('go') }, { output: '${nodes.a}' }), startAt })
  expect((await client.post(`/runs/${early.id}/signals/go`, { text: MARK })).status).toBe(202)
  expect(await client.result(early.id)).toMatchObject({ status: 'completed', output: { text: MARK } })

  const put = await fetch(`${sealed().url}/workflows/stored`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(documentOf({ a: { kind: 'set', value: MARK } }, { name: 'stored', output: '${nodes.a}' })),
  })
  expect(put.status).toBe(201)
  const start = () => client.start({ workflow: 'stored' }, { 'idempotency-key': 'same' })
  const [first, again] = [await start(), await start()]
  expect(again).toEqual(first)
  expect(await client.result(first.id)).toMatchObject({ output: MARK })
  const version = await (await client.get('/workflows/stored/versions/1')).text()
  expect(version).toContain(MARK)
  ids.push(failed.id, waiting.id, early.id, first.id)
})

test('nothing of it is seen in a table, a notification, a blob or a history', async () => {
  const without = await dump(plain())
  for (const table of [
    'checkpoints',
    'transcripts',
    'run_requests',
    'plans',
    'cached_results',
    'transcript_profiles',
    'runs',
  ])
    expect([table, showing({ [table]: without[table] ?? '' }).length]).toEqual([table, 1])
  expect((await blobsOf(plain())).some((text) => text.includes(MARK))).toBe(true)

  expect(showing(await dump(sealed()))).toEqual([])
  expect(heard.length).toBeGreaterThan(50)
  expect(heard.some((payload) => payload.includes('"sealed"'))).toBe(true)
  expect(showing({ heard: heard.join('\n') })).toEqual([])
  const blobs = await blobsOf(sealed())
  expect(blobs.length).toBeGreaterThan(3)
  expect(showing(Object.fromEntries(blobs.map((text, index) => [`blob ${index}`, text])))).toEqual([])
  for (const id of ids) expect([id, showing({ history: await historyOf(sealed(), id) })]).toEqual([id, []])
})

describe('keys', () => {
  const client = () => createClient(sealed().url)

  test('are exchanged while runs are open, and what the old one sealed is read', async () => {
    const { id } = await client().start({
      ir: documentOf({
        first: llm('Ask one'),
        person: receive('go', { after: ['first'] }),
        last: llm('Ask ${nodes.first}', { after: ['person'] }),
      }),
    })
    await followUntil(client(), id, 'run.waiting')
    const [worker] = sealed().workers
    await worker?.stop()
    const exchanged = await sealed().startWorker({ TREADLE_ENCRYPTION_KEYS: `${NEW},${OLD}` })
    onTestFinished(async () => {
      await exchanged.stop()
      await worker?.restart()
    })
    await client().post(`/runs/${id}/signals/go`, {})
    const events = await collect(client().follow(id))
    expect(faultsOf(events)).toEqual([])
    const outputs = 'select path, output::text from treadle.checkpoints where run_id = $1'
    const rows = await rowsOf<{ path: string; output: string }>(sealed(), outputs, [id])
    const keyOf = (path: string) =>
      /"sealed":"([a-z]+)\./.exec(rows.find((row) => row.path === path)?.output ?? '')?.[1]
    expect([keyOf('first'), keyOf('last')]).toEqual(['old', 'new'])
    const { nodes } = (await (await client().get(`/runs/${id}/state`)).json()) as RunState
    expect(nodes).toMatchObject({
      first: { output: expect.stringContaining(MARK) },
      last: { output: expect.stringContaining(MARK) },
    })
  })

  test('that an API lacks, or has otherwise, are said by its answers, and nothing else is shown', async () => {
    const { id } = await client().start({
      ir: documentOf({ a: { kind: 'set', value: MARK } }, { output: '${nodes.a}' }),
    })
    await client().result(id)
    await packed(id) // Of a log in rows a stream is read, and ends, line by line.
    const waiting = await client().start({ ir: documentOf({ a: { kind: 'set', value: MARK }, b: receive('go') }) })
    await followUntil(client(), waiting.id, 'run.waiting')
    for (const [keys, why] of [
      [NEW, 'There is no key old to decrypt with.'],
      [encryptionKey('old', 9), 'What is encrypted was changed, or has another key under this id.'],
    ] as const) {
      const { url, service } = await sealed().startApi({ TREADLE_ENCRYPTION_KEYS: keys })
      for (const path of [`/runs/${id}`, `/runs/${id}/stream`, `/runs/${id}/checkpoints/4`]) {
        const answer = await createClient(url).get(path)
        const { detail } = (await answer.json()) as { detail: string }
        expect([path, answer.status, detail]).toEqual([path, 500, expect.stringContaining(why)])
        expect(detail).toContain(id)
      }
      const stream = await (await createClient(url).get(`/runs/${waiting.id}/stream`)).text()
      expect(stream).toContain('event: bye\ndata: {"reason":"unavailable"}')
      expect(stream).not.toContain(MARK)
      // Others are listed all the same.
      const { items } = (await (await createClient(url).get('/runs?limit=100')).json()) as { items: Run[] }
      expect(items.length).toBeGreaterThan(3)
      expect(items.find((run) => run.id === id)?.error?.message).toContain(why)
      await service.stop()
    }
  })

  test('do not open a row that was tampered with, or taken from elsewhere: the answer says which', async () => {
    const run = async () => {
      const { id } = await client().start({ ir: documentOf({ a: llm('Ask it') }, { output: '${nodes.a}' }) })
      await client().result(id)
      return id
    }
    const [id, other] = [await run(), await run()]
    const set = 'update treadle.checkpoints set output = $2::json where run_id = $1'
    const text = 'select output::text as output from treadle.checkpoints where run_id = $1'
    const storedOf = async (run: string) => (await rowsOf<{ output: string }>(sealed(), text, [run]))[0]?.output ?? ''
    const [mine, elsewhere] = [await storedOf(id), await storedOf(other)]
    const changed = mine.replace(
      /(old\..{20})./,
      (_, start: string) => start + (mine.includes(`${start}A`) ? 'B' : 'A'),
    )
    for (const output of [elsewhere, changed]) {
      await rowsOf(sealed(), set, [id, output])
      const answer = await client().get(`/runs/${id}/state`)
      expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
        500,
        `What is stored of the node a of the run ${id} cannot be read: What is encrypted was changed, or has another key under this id.`,
      ])
    }
  })
})
