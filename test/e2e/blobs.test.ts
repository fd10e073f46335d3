import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Blob, Run } from '@treadle/contract'
import { expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient } from './support/client.ts'
import { ECHO } from './support/documents.ts'

const stack = useStack({ workerEnv: { TREADLE_BLOBS_UNTOUCHED_MS: '1500', TREADLE_HOUSEKEEPING_INTERVAL_MS: '200' } })
const client = () => createClient(stack().url)
const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex')
const fileOf = (name: string) => join(stack().folder, 'blobs', 'default', name.slice(0, 2), name)
const send = (body: string) => client().post('/blobs', body)

/** Asks until it is so: housekeeping comes by itself. */
async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50))
}

const isThere = async (name: string) => (await client().get(`/blobs/${name}`)).status === 200

test('a value goes in and comes out, whole and in parts, under the SHA-256 of its bytes', async () => {
  const text = JSON.stringify({ list: Array.from({ length: 5_000 }, (_, index) => `entry ${index}`) })
  const answer = await send(text)
  expect([answer.status, answer.headers.get('location')]).toEqual([201, `/blobs/${sha256(text)}`])
  expect(await answer.json()).toEqual({ sha256: sha256(text), size: Buffer.byteLength(text) })

  const path = `/blobs/${sha256(text)}`
  const whole = await client().get(path)
  expect([whole.status, await whole.text()]).toEqual([200, text])
  expect(whole.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const part = await client().get(path, { range: 'bytes=10-19' })
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
    206,
    text.slice(10, 20),
    `bytes 10-19/${text.length}`,
  ])
  expect(await (await client().get(path, { range: 'bytes=-5' })).text()).toBe(text.slice(-5))
  const past = await client().get(path, { range: `bytes=${text.length}-` })
  expect([past.status, past.headers.get('content-range')]).toEqual([416, `bytes */${text.length}`])
  const etag = whole.headers.get('etag') ?? ''
  expect((await client().get(path, { 'if-none-match': etag })).status).toBe(304)
  expect((await client().get(path, { range: 'bytes=0-1', 'if-range': '"another"' })).status).toBe(200)
  const head = await fetch(`${stack().url}${path}`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(text.length)])
})

test('what is no JSON, or pretends to be a handle, is refused, and nothing of it is kept', async () => {
  for (const body of ['', '{"a":', '{"$blob":{}}', '{"n":9007199254740993}']) {
    const answer = await send(body)
    expect([body, answer.status, ((await answer.json()) as { type: string }).type]).toEqual([
      body,
      400,
      '/problems/malformed-request',
    ])
  }
  const binary = await fetch(`${stack().url}/blobs`, {
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'application/octet-stream' },
  })
  expect(binary.status).toBe(415)
  expect((await client().get(`/blobs/${'0'.repeat(64)}`)).status).toBe(404)
  expect((await client().get('/blobs/short')).status).toBe(400)
  expect(await readdir(join(stack().folder, 'blobs', '.incoming')).catch(() => [])).toEqual([])
})

test('80 MB go through the API in pieces, and a client that goes away half way leaves nothing', async () => {
  const memory = async () =>
    Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${stack().api.child.pid}/status`, 'utf8'))?.[1])
  await send('"warm"')
  const before = await memory()
  const piece = Buffer.from(`"${'x'.repeat(1_000_000)}",`)
  const hash = createHash('sha256')
  let size = 0
  function* pieces() {
    for (let index = 0; index < 80; index++) yield index === 0 ? Buffer.concat([Buffer.from('['), piece]) : piece
    yield Buffer.from('1]')
  }
  const counted = Readable.from(pieces()).map((bytes: Buffer) => {
    hash.update(bytes)
    size += bytes.length
    return bytes
  })
  const answer = await fetch(`${stack().url}/blobs`, {
    method: 'POST',
    body: counted as never,
    duplex: 'half',
    headers: { 'content-type': 'application/json' },
  } as RequestInit)
  const blob = (await answer.json()) as Blob
  expect(blob).toEqual({ sha256: hash.digest('hex'), size })
  const read = createHash('sha256')
  for await (const bytes of (await client().get(`/blobs/${blob.sha256}`)).body as unknown as AsyncIterable<Uint8Array>)
    read.update(bytes)
  expect(read.digest('hex')).toBe(blob.sha256)
  expect((await memory()) - before).toBeLessThan(64 * 1024) // KiB: less than the value.

  await new Promise((resolve) => {
    const half = request(`${stack().url}/blobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 8_000_000 },
    })
    half.on('error', resolve)
    half.write(`"${'y'.repeat(4_000_000)}`, () => half.destroy(new Error('gone')))
  })
  await eventually(async () => (await readdir(join(stack().folder, 'blobs', '.incoming'))).length === 0)
})

test('an uploaded value stands in an input, is checked where it can be read, and is named where it is not there', async () => {
  const schema = {
    type: 'object',
    required: ['n', 'list'],
    properties: { n: { type: 'integer' }, list: { type: 'array', items: { type: 'string' } } },
  }
  const ir = {
    ir: 'treadle/v1',
    name: 'size',
    inputSchema: schema,
    nodes: {
      count: { kind: 'set', value: '${size(input.list) + input.n}' },
      pass: { kind: 'set', value: '${input.list}' },
    },
    output: { count: '${nodes.count}', pass: '${nodes.pass}' },
  }
  const list = Array.from({ length: 3_000 }, (_, index) => `an entry that is long enough ${index}`)
  const { sha256: name } = (await (await send(JSON.stringify(list))).json()) as Blob
  const { id } = await client().start({ ir, input: { n: 1, list: { blob: name } } })
  const result = await client().result(id)
  expect(result).toMatchObject({ status: 'completed', output: { count: 3_001, pass: { $blob: { sha256: name } } } })

  const { sha256: wrong } = (await (await send('[1]')).json()) as Blob
  const refused = await client().post('/runs', { ir, input: { n: 1, list: { blob: wrong } } })
  expect([refused.status, await refused.json()]).toMatchObject([
    422,
    { type: '/problems/invalid-input', errors: [{ path: '/input/list/0' }] },
  ])
  const unknown = await client().post('/runs', { ir, input: { n: 1, list: { blob: '0'.repeat(64) } } })
  expect(await unknown.json()).toMatchObject({ errors: [{ path: '/input/list', code: 'unknown-blob' }] })

  // Too large for anybody to read into: passed on, and the rest is checked.
  const huge = (await (await send(`["${'z'.repeat(5 * 1024 * 1024)}"]`)).json()) as Blob
  const passed = await client().post('/runs', {
    ir: { ...ir, nodes: { pass: ir.nodes.pass }, output: '${nodes.pass}' },
    input: { n: 1, list: { blob: huge.sha256 } },
  })
  expect((await client().result(((await passed.json()) as Run).id)) as object).toMatchObject({ ref: huge })
  const bad = await client().post('/runs', { ir, input: { n: 'one', list: { blob: huge.sha256 } } })
  expect(await bad.json()).toMatchObject({ errors: [{ path: '/input/n' }] })
})

test('bytes that were changed behind the store’s back are broken off before their end', async () => {
  const text = JSON.stringify(randomBytes(300_000).toString('hex'))
  const { sha256: name } = (await (await send(text)).json()) as Blob
  await writeFile(fileOf(name), text.replace(/.{4}"$/, 'beef"'))
  const answer = await client().get(`/blobs/${name}`)
  await expect(answer.text()).rejects.toThrow()
})

test('an ended run is erased with its log and what only it referred to; what another run or a fork has stays', async () => {
  const large = (letter: string) => ({ text: letter.repeat(40_000) })
  const start = async (input: object) => {
    const { id } = await client().start({ ir: ECHO, input })
    await client().result(id)
    return id
  }
  const [own, shared] = [sha256(JSON.stringify(large('a').text)), sha256(JSON.stringify(large('b').text))]
  const [alone, one, other] = [await start(large('a')), await start(large('b')), await start(large('b'))]
  const forked = (await (await client().post(`/runs/${other}/rerun`)).json()) as Run
  await client().result(forked.id)
  for (const id of [alone, one, other])
    expect([id, (await fetch(`${stack().url}/runs/${id}`, { method: 'DELETE' })).status]).toEqual([id, 204])
  for (const path of [`/runs/${alone}`, `/runs/${alone}/events`, `/runs/${alone}/state`, `/runs/${alone}/checkpoints`])
    expect([path, (await client().get(path)).status]).toEqual([path, 404])
  expect((await fetch(`${stack().url}/runs/${alone}`, { method: 'DELETE' })).status).toBe(404)
  const tables = await rowsOf<{ name: string }>(
    stack(),
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'run_id'
    where c.relnamespace = 'treadle'::regnamespace and c.relkind in ('r', 'p')`,
  )
  for (const { name } of tables)
    expect([
      name,
      await rowsOf(stack(), `select from treadle.${name} where run_id = any ($1)`, [[alone, one, other]]),
    ]).toEqual([name, []])

  await eventually(async () => !(await isThere(own)))
  expect(await isThere(shared)).toBe(true)
  expect((await client().result(forked.id)).status).toBe('completed')
  expect((await collect(client().follow(forked.id))).at(-1)?.type).toBe('run.completed')
})

test('a run that has not ended is not erased', async () => {
  const { id } = await client().start({
    ir: { ir: 'treadle/v1', name: 'wait', nodes: { person: { kind: 'receive', signal: 'go' } } },
  })
  expect((await fetch(`${stack().url}/runs/${id}`, { method: 'DELETE' })).status).toBe(409)
  expect((await client().get(`/runs/${id}`)).status).toBe(200)
  await client().post(`/runs/${id}/cancel`)
  await client().result(id)
})

test('while runs write, come and go, the sweeper takes nothing that something refers to', async () => {
  const contents = ['k', 'l', 'm'].map((letter) => ({ text: letter.repeat(30_000) }))
  const live: string[] = []
  const until = performance.now() + 8_000
  const lane = async (lane: number) => {
    for (let turn = 0; performance.now() < until; turn++) {
      // The same few contents again and again: orphaned by an erased run, and wanted by the next one.
      const { id } = await client().start({ ir: ECHO, input: contents[(lane + turn) % contents.length] })
      const result = await client().result(id)
      expect(result.status).toBe('completed')
      if (turn % 3 === 0) live.push(id)
      else await fetch(`${stack().url}/runs/${id}`, { method: 'DELETE' })
    }
  }
  await Promise.all([0, 1, 2, 3].map(lane))
  await new Promise((resolve) => setTimeout(resolve, 2_000)) // Some more rounds of the sweeper.
  for (const id of live) {
    const { input } = (await (await client().get(`/runs/${id}/checkpoints/1?resolve=true`)).json()) as {
      input: { text: string }
    }
    expect(input.text).toHaveLength(30_000)
  }
})
