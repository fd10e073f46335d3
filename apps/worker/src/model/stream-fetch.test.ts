import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Agent, interceptors } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createStreamFetch } from './stream-fetch.ts'

const agent = new Agent()
const streamFetch = createStreamFetch(agent.compose(interceptors.redirect({ maxRedirections: 5 })))
const ask = { method: 'post', headers: { authorization: 'Bearer sk' }, body: '{}' }

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

async function read(response: Response): Promise<string> {
  let text = ''
  for await (const bytes of response.body ?? []) text += Buffer.from(bytes).toString()
  return text
}

test('a good answer can be read as it comes', async () => {
  let go = () => {}
  const url = await serve(async (request, response) => {
    expect(request.method).toBe('POST')
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-a': ['1', '2'] }).write('first ')
    await new Promise<void>((resolve) => {
      go = resolve
    })
    response.end('last')
  })
  const response = await streamFetch(url, ask)
  expect([response.ok, response.headers.get('content-type'), response.headers.get('x-a')]).toEqual([
    true,
    'text/event-stream',
    '1, 2',
  ])
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes).toString()
    go() // Only now the rest is sent.
  }
  expect(text).toBe('first last')
})

test('of an error the beginning is read, and its headers', async () => {
  const url = await serve((_, response) => response.writeHead(429, { 'retry-after': '7' }).end('x'.repeat(1_000_000)))
  const response = await streamFetch(url, ask)
  expect([response.ok, response.status, response.headers.get('retry-after')]).toEqual([false, 429, '7'])
  expect(await response.text()).toBe('x'.repeat(64 * 1024))
})

test('a header that is no ASCII is no reason to fail', async () => {
  const name = Buffer.from('Größe 😀').toString('latin1')
  const url = await serve((_, response) => response.writeHead(200, { 'x-name': name }).end('there'))
  const response = await streamFetch(url, ask)
  expect(Buffer.from(response.headers.get('x-name') ?? '', 'latin1').toString()).toBe('Größe 😀')
  expect(await read(response)).toBe('there')
})

test('a redirect is followed, and another origin is not given the key', async () => {
  const seen: unknown[] = []
  const other = await serve((request, response) => {
    seen.push(request.headers.authorization, request.method)
    response.end('there')
  })
  const url = await serve((_, response) => response.writeHead(307, { location: other }).end())
  expect(await read(await streamFetch(url, ask))).toBe('there')
  expect(seen).toEqual([undefined, 'POST'])
})

test('a connection that breaks before anybody reads is an error of whoever reads then, and of nobody else', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('begin')
    setImmediate(() => response.destroy())
  })
  const response = await streamFetch(url, ask)
  const isBroken = () => (response.body as unknown as { destroyed: boolean }).destroyed
  while (!isBroken()) await turn()
  await turn()
  await expect(read(response)).rejects.toThrow()
})

test('aborting closes the connection', async () => {
  let closed: Promise<unknown> | undefined
  const url = await serve((_, response) => {
    closed = once(response, 'close')
    response.writeHead(200).write('begin')
  })
  const aborting = new AbortController()
  const response = await streamFetch(url, { ...ask, signal: aborting.signal })
  setImmediate(() => aborting.abort())
  await expect(read(response)).rejects.toThrow(/abort/)
  await closed
})
