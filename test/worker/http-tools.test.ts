import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { HttpWork, NodeTask } from '@treadle/contract'
import { startScriptedTools } from '@treadle/local'
import { afterAll, describe, expect, test } from 'vitest'
import { useExecutor } from './support/executor-bench.ts'

// Two more origins that tools may reach: one like the first, and one whose answer unpacks from 20 KiB to 20 MiB.
const other = await startScriptedTools()
const packed = await startServer((response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
  response.end(gzipSync(Buffer.alloc(20 * 1024 * 1024)))
})
afterAll(() => Promise.all([other.close(), packed.close()]))

const executor = useExecutor({
  secrets: { CRM_TOKEN: 'crm-token-7f3a' },
  egressAllow: (tools) => [tools.authority, other.authority, new URL(packed.url).host],
})

const http = (path: string, work: Partial<HttpWork> = {}): HttpWork => ({
  kind: 'http',
  tool: 'test',
  method: 'GET',
  url: `${executor().tools.url}${path}`,
  headers: {},
  args: {},
  ...work,
})

async function call(work: HttpWork, task: Partial<NodeTask> = {}) {
  const run = await executor().newRun()
  return executor().attempt(run, { work, ...task })
}

describe('an http tool', () => {
  test('sends its query, headers with secrets, body, and the same key for each attempt', async () => {
    const { tools, newRun, attempts } = executor()
    tools.when({ path: '/orders' }, { status: 503 }, { times: 1 })
    tools.when({ path: '/orders' }, { json: { id: 7 } })
    const run = await newRun()
    const work = http('/orders?a=1', {
      method: 'POST',
      query: { q: 'x y', list: ['1', 2], none: null, object: { b: 1 } },
      headers: { authorization: { secret: 'CRM_TOKEN', prefix: 'Bearer ' }, 'X-Mode': 'fast' },
      body: { amount: 5 },
    })
    expect(await attempts(run, { work, path: 'pay[0].order' })).toMatchObject([
      { status: 'retrying', error: { type: 'overloaded' } },
      { status: 'completed', output: { id: 7 }, usage: { toolCalls: 1 } },
    ])
    const asked = tools.requests.filter(({ path }) => path === '/orders')
    expect(asked).toHaveLength(2)
    for (const { method, query, headers, body } of asked) {
      expect({ method, query, body }).toEqual({
        method: 'POST',
        query: { a: '1', q: 'x y', list: '2', object: '{"b":1}' },
        body: { amount: 5 },
      })
      expect(headers).toMatchObject({
        authorization: 'Bearer crm-token-7f3a',
        'x-mode': 'fast',
        'content-type': 'application/json',
        'idempotency-key': `${run.id}/pay[0].order`,
      })
    }
  })

  test.each([
    ['the value of JSON', { json: { a: [1] } }, { a: [1] }],
    [
      'the value of any JSON type',
      { text: '{"a":1}', headers: { 'content-type': 'application/problem+json' } },
      { a: 1 },
    ],
    ['text', { text: 'Grüße' }, 'Grüße'],
    ['text in another charset', { text: 'abc', headers: { 'content-type': 'text/plain; charset=latin1' } }, 'abc'],
    ['null for nothing', { status: 204, text: '' }, null],
    [
      'base64 for other types',
      { text: 'PNG', headers: { 'content-type': 'image/png' } },
      { contentType: 'image/png', base64: 'UE5H' },
    ],
  ])('gives %s', async (what, answer, output) => {
    const path = `/gives-${encodeURIComponent(what)}`
    executor().tools.when({ path }, answer)
    expect(await call(http(path))).toMatchObject({ status: 'completed', output })
  })

  test.each([
    [
      'JSON that is none',
      { text: '{oops', headers: { 'content-type': 'application/json' } },
      'invalid_output',
      'not JSON',
    ],
    ['a forged handle', { json: { x: [{ $blob: {} }] } }, 'invalid_output', '"$blob" at /x/0'],
    [
      'an integer that would be rounded',
      { text: '{"id":12345678901234567890}', headers: { 'content-type': 'application/json' } },
      'invalid_output',
      '12345678901234567890',
    ],
    [
      'a value that is nested too deep',
      { text: `${'['.repeat(5000)}${']'.repeat(5000)}`, headers: { 'content-type': 'application/json' } },
      'invalid_output',
      'levels deep',
    ],
    ['an encoding that is not known', { text: 'x', headers: { 'content-encoding': 'lz77' } }, 'tool_error', 'lz77'],
    ['a broken encoding', { text: 'x', headers: { 'content-encoding': 'gzip' } }, 'tool_error', 'cannot be unpacked'],
    ['HTTP 404', { status: 404, json: { error: 'nobody' } }, 'invalid_request', 'HTTP 404'],
    ['HTTP 403', { status: 403 }, 'auth', 'HTTP 403'],
  ])('fails on %s', async (what, answer, type, message) => {
    const path = `/fails-${encodeURIComponent(what)}`
    executor().tools.when({ path }, answer)
    const outcome = await call(http(path))
    expect(outcome).toMatchObject({ status: 'failed', error: { type, message: expect.stringContaining(message) } })
  })

  test('fails where its answer does not fit the schema', async () => {
    executor().tools.when({ path: '/tier' }, { json: { tier: 7 } })
    const outputSchema = { type: 'object', properties: { tier: { type: 'string' } } }
    expect(await call(http('/tier'), { outputSchema })).toMatchObject({
      status: 'failed',
      error: { type: 'invalid_output', message: 'The result does not fit its schema: /tier must be string.' },
    })
  })

  test('leaves a handle for a large answer, which the next one can send on', async () => {
    const { tools, newRun, attempt, activities } = executor()
    const large = { text: 'ä'.repeat(20_000) }
    tools.when({ path: '/large' }, { json: large })
    tools.when({ path: '/echo' }, (request) => ({ json: { length: (request.body as { text: string }).text.length } }))
    const run = await newRun()
    const first = await attempt(run, { work: http('/large') })
    expect(first).toMatchObject({ status: 'completed', output: { $blob: { size: 40_011 } } })
    if (first.status !== 'completed') throw new Error(first.status)
    const second = await attempt(run, { path: 'next', work: http('/echo', { method: 'POST', body: first.output }) })
    expect(second).toMatchObject({ status: 'completed', output: { length: 20_000 } })

    // The same evaluator as the workflow's reads into it.
    const evaluated = await activities.byName.evaluate({
      run,
      expressions: [
        { cel: 'size(nodes.large.text)', roots: ['nodes.large'] },
        { cel: 'nodes.large', roots: ['nodes.large'], whole: true },
      ],
      template: { obj: { size: { expr: 0 }, whole: { expr: 1 } } },
      scope: { nodes: { large: first.output } },
    })
    expect(evaluated).toEqual({ value: { size: 20_000, whole: first.output } })
  })

  test('that unpacks to more than 10 MiB is not unpacked to its end', async () => {
    expect(await call(http('', { url: packed.url }))).toMatchObject({
      status: 'failed',
      error: { type: 'tool_error', message: expect.stringContaining('larger than') },
    })
  })

  test.each([
    ['cut', 'unavailable'],
    ['hang', 'timeout'],
  ])('that meets a %s is retried as `%s`', async (how, type) => {
    executor().tools.when({ path: `/${how}` }, { [how]: true })
    expect(await call(http(`/${how}`), { timeoutMs: 300 })).toMatchObject({ status: 'retrying', error: { type } })
  })

  test('waits as long as Retry-After says', async () => {
    executor().tools.when({ path: '/later' }, { status: 429, headers: { 'retry-after': '42' } })
    expect(await call(http('/later'))).toMatchObject({ status: 'retrying', delayMs: 42_000 })
  })
})

describe('a redirect', () => {
  test('is followed three times at most', async () => {
    const { tools } = executor()
    for (const hop of [1, 2, 3, 4]) {
      tools.when({ path: `/hop${hop}` }, { status: 302, headers: { location: `/hop${hop + 1}` }, text: '' })
    }
    tools.when({ path: '/hop5' }, { json: 'there' })
    expect(await call(http('/hop2'))).toMatchObject({ status: 'completed', output: 'there' })
    expect(await call(http('/hop1'))).toMatchObject({ status: 'failed', error: { type: 'invalid_request' } })
  })

  test('keeps credentials on its origin and drops them on the way to another', async () => {
    const { tools } = executor()
    tools.when({ path: '/same' }, { status: 307, headers: { location: '/target' }, text: '' })
    tools.when({ path: '/other' }, { status: 307, headers: { location: `${other.url}/target` }, text: '' })
    tools.when({ path: '/target' }, { json: null })
    other.when({ path: '/target' }, { json: null })
    const headers = { 'x-key': { secret: 'CRM_TOKEN' }, cookie: 'a=b', 'x-plain': 'stays' }

    await call(http('/same', { headers }))
    expect(tools.requests.at(-1)?.headers).toMatchObject({
      'x-key': 'crm-token-7f3a',
      cookie: 'a=b',
      'x-plain': 'stays',
    })
    await call(http('/other', { headers }))
    expect(other.requests.at(-1)?.headers).toMatchObject({ 'x-plain': 'stays' })
    expect(other.requests.at(-1)?.headers).not.toHaveProperty('x-key')
    expect(other.requests.at(-1)?.headers).not.toHaveProperty('cookie')
  })

  test('cannot lead to an address that is not public', async () => {
    const { tools } = executor()
    const closed = await startScriptedTools()
    tools.when({ path: '/inside' }, { status: 302, headers: { location: closed.url }, text: '' })
    const outcome = await call(http('/inside'))
    await closed.close()
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { type: 'invalid_request', message: expect.stringContaining('TREADLE_EGRESS_ALLOW') },
    })
    expect(closed.requests).toHaveLength(0)
  })
})

/** A server on all of this machine's addresses. */
async function startServer(answer: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => answer(response))
  await new Promise<void>((resolve) => server.listen(0, '::', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
