import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Client, Connection } from '@temporalio/client'
import type { Blob, Run, RunResult } from '@treadle/contract'
import { describe, expect, test } from 'vitest'
import { goWorker, pythonWorker } from '../support/language-workers.ts'
import type { Service } from '../support/service.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, typesOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'

const SECRET = 'token "of" 1234-5678'
const stack = useStack({ blobs: 's3', workerEnv: { TREADLE_SECRET_TOKEN: SECRET } })
const client = () => createClient(stack().url)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

const tool = (path: string, more: object = {}) => ({
  kind: 'http',
  method: 'GET',
  url: `${stack().tools.url}${path}`,
  ...more,
})
const document = (nodes: object, tools: object, output: unknown) => ({
  ir: 'treadle/v1',
  name: 'large',
  tools,
  nodes,
  output,
})

/** KiB that the process had at most. */
const peakOf = async ({ child }: Service) =>
  Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${child.pid}/status`, 'utf8'))?.[1])

async function textOfRef({ ref }: RunResult): Promise<string> {
  return (await client().get(`/blobs/${ref?.sha256}`)).text()
}

test('a tool’s answer of 100 MB passes from node to node by handle, through little memory, and reaches the client', async () => {
  const { tools } = stack()
  const rows = Array.from({ length: 1_000_000 }, (_, index) => ({
    index,
    text: `a row that is quite long, with an é ${'·'.repeat(20)}`,
  }))
  const text = JSON.stringify(rows)
  expect(Buffer.byteLength(text)).toBeGreaterThan(100_000_000)
  tools.when({ path: '/large' }, { text, headers: { 'content-type': 'application/json' } })
  tools.when({ path: '/count' }, (request) => ({ json: { rows: (request.body as unknown[]).length } }))
  tools.when({ path: '/small' }, { json: 1 })
  const ir = document(
    {
      warm: { kind: 'tool', tool: 'small', args: {} },
      big: { kind: 'tool', tool: 'large', args: {}, after: ['warm'] },
      same: { kind: 'set', value: '${nodes.big}' },
      box: { kind: 'graph', nodes: { inner: { kind: 'set', value: { big: '${nodes.same}' } } } },
      count: { kind: 'tool', tool: 'count', args: { rows: '${nodes.same}' } },
      read: {
        kind: 'set',
        value: '${size(nodes.big)}',
        catch: [{ on: ['invalid_request'], do: { kind: 'set', value: 'too large' } }],
      },
    },
    {
      small: tool('/small'),
      large: tool('/large'),
      count: tool('/count', {
        method: 'POST',
        body: '${args.rows}',
        inputSchema: { type: 'object', required: ['rows'], properties: { rows: true } },
      }),
    },
    { big: '${nodes.big}', box: '${nodes.box}', count: '${nodes.count}', read: '${nodes.read}' },
  )
  const [worker] = stack().workers
  if (!worker) throw new Error('There is no worker.')
  await client().result(
    (
      await client().start({
        ir: document({ warm: { kind: 'tool', tool: 'small', args: {} } }, { small: tool('/small') }, 1),
      })
    ).id,
  )
  const before = { worker: await peakOf(worker), api: await peakOf(stack().api) }
  const { id } = await client().start({ ir })
  const result = await client().result(id)
  const handle = { $blob: { sha256: sha256(text), size: Buffer.byteLength(text) } }
  expect(result).toMatchObject({
    status: 'completed',
    output: { big: handle, box: { inner: { big: handle } }, count: { rows: 1_000_000 }, read: 'too large' },
  })
  const read = createHash('sha256')
  for await (const piece of (await client().get(`/blobs/${handle.$blob.sha256}`))
    .body as unknown as AsyncIterable<Uint8Array>)
    read.update(piece)
  expect(read.digest('hex')).toBe(handle.$blob.sha256)
  // It has gone through the worker four times. The peak counts garbage that is not collected yet; the value alone would be more than that.
  const whole = Buffer.byteLength(text) / 1024
  expect((await peakOf(worker)) - before.worker).toBeLessThan(whole)
  expect((await peakOf(stack().api)) - before.api).toBeLessThan(whole)
}, 180_000)

describe.each(['python', 'go'] as const)('the %s worker', (runtime) => {
  const start = async () => stack().startWorker({}, await (runtime === 'python' ? pythonWorker() : goWorker()))

  test('stores an answer of 64 MB as it comes and sends it on, through little memory, and keeps secrets out of it', async () => {
    const { tools } = stack()
    const rows = Array.from({ length: 6_400 }, (_, index) => `${index} ${'·'.repeat(5_000)} so ${SECRET}.`)
    const [text, clean] = [rows, rows.map((row) => row.replace(SECRET, '[secret TOKEN]'))].map((list) =>
      JSON.stringify(list),
    ) as [string, string]
    expect(Buffer.byteLength(clean)).toBeGreaterThan(64_000_000)
    tools.when({ path: `/large-${runtime}` }, { text, headers: { 'content-type': 'application/json' } })
    tools.when({ path: `/count-${runtime}` }, (request) => ({ json: (request.body as unknown[]).length }))
    tools.when({ path: '/small' }, { json: 1 })
    const headers = { authorization: { secret: 'TOKEN' } }
    const declared = {
      small: tool('/small', { headers }),
      large: tool(`/large-${runtime}`, { headers }),
      count: tool(`/count-${runtime}`, {
        method: 'POST',
        body: '${args.rows}',
        inputSchema: { type: 'object', required: ['rows'], properties: { rows: true } },
      }),
    }
    const call = (name: string, args: object = {}) => ({ kind: 'tool', tool: name, args, runtime })
    const result = async (nodes: object, output: object) =>
      client().result((await client().start({ ir: document(nodes, declared, output) })).id)

    const worker = await start()
    expect(await result({ warm: call('small') }, { warm: '${nodes.warm}' })).toMatchObject({ status: 'completed' })
    const before = await peakOf(worker)
    const nodes = { big: call('large'), count: call('count', { rows: '${nodes.big}' }) }
    expect(await result(nodes, { big: '${nodes.big}', count: '${nodes.count}' })).toMatchObject({
      status: 'completed',
      output: { big: { $blob: { sha256: sha256(clean), size: Buffer.byteLength(clean) } }, count: rows.length },
    })
    // It has gone through the worker four times.
    expect((await peakOf(worker)) - before).toBeLessThan(Buffer.byteLength(clean) / 1024)
  }, 600_000) // The first build compiles what the worker is made of.
})

test('no secret gets through in a body that streams, however it is spelled; JSON stays JSON, and text is a string', async () => {
  const { tools } = stack()
  const filler = Array.from({ length: 40_000 }, (_, index) => `filler ${index} of this answer`)
  const spelled = [...SECRET].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  const json = JSON.stringify([...filler, SECRET, 'SPELLED', { [SECRET]: `so ${SECRET}.` }]).replace('SPELLED', spelled)
  tools.when({ path: '/json' }, { text: json, headers: { 'content-type': 'application/json' } })
  tools.when(
    { path: '/text' },
    { text: `${filler.join('\n')}\n"${SECRET}"`, headers: { 'content-type': 'text/plain; charset=utf-8' } },
  )
  const headers = { authorization: { secret: 'TOKEN' } }
  const run = async (path: string) => {
    const ir = document(
      { big: { kind: 'tool', tool: 'get', args: {} } },
      { get: tool(path, { headers }) },
      '${nodes.big}',
    )
    const text = await textOfRef(await client().result((await client().start({ ir })).id))
    expect(text).not.toContain('1234-5678')
    return JSON.parse(text)
  }
  expect(await run('/json')).toEqual([
    ...filler,
    '[secret TOKEN]',
    '[secret TOKEN]',
    { '[secret TOKEN]': 'so [secret TOKEN].' },
  ])
  expect(await run('/text')).toBe(`${filler.join('\n')}\n"[secret TOKEN]"`)
})

test('what a small answer may not be, a large one may not be either', async () => {
  const { tools } = stack()
  const filler = JSON.stringify('x'.repeat(2_000_000))
  const run = async (path: string, text: string, type = 'application/json', node: object = {}) => {
    tools.when({ path }, { text, headers: { 'content-type': type } })
    const ir = document({ big: { kind: 'tool', tool: 'get', args: {}, ...node } }, { get: tool(path) }, '${nodes.big}')
    const { error } = await client().result((await client().start({ ir })).id)
    return error?.type
  }
  expect(await run('/forged', `[${filler},{"$blob":{"sha256":"${'0'.repeat(64)}","size":1}}]`)).toBe('invalid_output')
  expect(await run('/cut', `[${filler},`)).toBe('invalid_output')
  expect(await run('/rounded', `[${filler},9007199254740993]`)).toBe('invalid_output')
  expect(await run('/binary', filler, 'application/octet-stream')).toBe('tool_error')
  expect(await run('/checked', `[${filler}]`, 'application/json', { outputSchema: { type: 'object' } })).toBe(
    'invalid_output',
  )
})

test('S3 is down while a large result arrives: the node waits, the tool is called once, and nothing is lost', async () => {
  const { tools, s3 } = stack()
  if (!s3) throw new Error('There is no S3.')
  const text = JSON.stringify(Array.from({ length: 100_000 }, (_, index) => `entry ${index} of a result`))
  tools.when({ path: '/late' }, { gate: 'late', text, headers: { 'content-type': 'application/json' } })
  tools.when(
    { path: '/late-small' },
    { gate: 'late', text: JSON.stringify('y'.repeat(50_000)), headers: { 'content-type': 'application/json' } },
  )
  const ir = document(
    { late: { kind: 'tool', tool: 'late', args: {} }, small: { kind: 'tool', tool: 'small', args: {} } },
    { late: tool('/late'), small: tool('/late-small') },
    { late: '${nodes.late}', small: '${nodes.small}' },
  )
  const { id } = await client().start({ ir })
  await tools.reached('late', 2)
  await s3.kill()
  tools.open('late')
  await new Promise((resolve) => setTimeout(resolve, 2_000)) // Long enough for several tries.
  await s3.restart()
  const result = await client().result(id)
  expect(result).toMatchObject({ status: 'completed', output: { late: { $blob: { sha256: sha256(text) } } } })
  expect(tools.requests.filter(({ path }) => path === '/late')).toHaveLength(1)
  expect(typesOf(await collect(client().follow(id)))).not.toContain('node.retrying late')
  expect(await textOfRef({ ref: (result.output as { late: { $blob: Blob } }).late.$blob } as RunResult)).toBe(text)
})

test('no value above 16 KiB is in a history of Temporal, the plan excepted, however many there are', async () => {
  const { tools, model } = stack()
  const large = (letter: string) => letter.repeat(30_000)
  tools.when({ path: '/rows' }, { json: Array.from({ length: 12 }, (_, index) => ({ index, text: large('r') })) })
  tools.when({ path: '/echo' }, (request) => ({ json: request.body }))
  model.when({ prompt: 'Say much' }, [{ text: large('m') }])
  const any = (...names: string[]) => ({
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, true])),
  })
  const ir = {
    ...document(
      {
        rows: { kind: 'tool', tool: 'rows', args: {} },
        each: {
          kind: 'map',
          over: 'nodes.rows',
          maxItems: 20,
          do: {
            nodes: {
              echo: { kind: 'tool', tool: 'echo', args: { body: '${item}' } },
              joined: { kind: 'set', value: '${nodes.echo.text + item.text}' },
            },
          },
        },
        round: {
          kind: 'loop',
          state: '${input.text}',
          max: 3,
          do: { kind: 'set', value: '${state + "!"}' },
          after: ['each'],
        },
        said: { kind: 'llm', model: 'fast', prompt: 'Say much about ${input.text}' },
        person: { kind: 'receive', signal: 'go', after: ['round', 'said'] },
        shown: { kind: 'emit', event: 'shown', data: { text: '${nodes.said}' }, after: ['person'] },
        whole: {
          kind: 'set',
          value: { rows: '${nodes.rows}', each: '${nodes.each}', said: '${nodes.said}', got: '${nodes.person.text}' },
        },
      },
      { rows: tool('/rows'), echo: tool('/echo', { method: 'POST', body: '${args.body}', inputSchema: any('body') }) },
      '${nodes.whole}',
    ),
    models: { fast: { provider: 'openai', model: 'scripted' } },
    inputSchema: any('text'),
  }
  const started = await client().post('/runs', { ir, input: { text: large('i') } })
  const { id } = (await started.json()) as Run
  await followUntil(client(), id, 'run.waiting')
  expect((await client().post(`/runs/${id}/signals/go`, { text: large('s') })).status).toBe(202)
  const result = await client().result(id)
  expect(result.status).toBe('completed')

  const connection = await Connection.connect({ address: stack().temporalAddress })
  try {
    const history = await new Client({ connection }).workflow.getHandle(`default:${id}`).fetchHistory()
    const values = payloadsIn(history).flatMap((payload) => valuesIn(withoutPlan(JSON.parse(payload))))
    expect(values.length).toBeGreaterThan(100)
    const sizes = values.map((value) => Buffer.byteLength(JSON.stringify(value)))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 1024)
  } finally {
    await connection.close()
  }
})

/** The JSON of every payload of a history, wherever it stands. */
function payloadsIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return []
  const { metadata, data } = part as { metadata?: { encoding?: Uint8Array }; data?: Uint8Array }
  if (metadata?.encoding && data instanceof Uint8Array)
    return Buffer.from(metadata.encoding).toString() === 'json/plain' ? [Buffer.from(data).toString()] : []
  return Object.values(part).flatMap(payloadsIn)
}

function withoutPlan(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return payload
  const { plan: _, ...rest } = payload as { plan?: unknown }
  return rest
}

/** What counts as a value of the run: whatever stands under a name that values have; else what is inside. */
function valuesIn(part: unknown): unknown[] {
  if (typeof part !== 'object' || part === null) return [part]
  return Object.entries(part).flatMap(([key, inner]) => (VALUES.has(key) ? [inner] : valuesIn(inner)))
}

const VALUES = new Set(['input', 'output', 'payload', 'value', 'body', 'args', 'content', 'data', 'detail'])
