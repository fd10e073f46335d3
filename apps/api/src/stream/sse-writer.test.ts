import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openSse, type SseWriter } from './sse-writer.ts'

/** A client and the writer of its stream, over a real socket. */
async function connect(options: { heartbeatMs?: number; stallMs?: number } = {}) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const arrived = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false })
  request.on('error', () => {})
  const [, response] = await arrived
  const writer = openSse(response, {
    headers: { 'x-request-id': 'r1' },
    heartbeatMs: 60_000,
    stallMs: 60_000,
    ...options,
  })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  answer.on('error', () => {})
  onTestFinished(() => {
    request.destroy()
    server.closeAllConnections()
    server.close()
  })
  return { writer, answer, request }
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer.setEncoding('utf8')) text += chunk
  return text
}

test('a stream begins with the time after which to reconnect, and ends in order', async () => {
  const { writer, answer } = await connect()
  expect(await writer.write('id: 1\n\n')).toBe(true)
  writer.end()
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
    'x-request-id': 'r1',
  })
  expect(await textOf(answer)).toBe('retry: 1000\n\nid: 1\n\n')
  expect(writer.signal.aborted).toBe(true)
})

test('a client that asked for it gets the connection closed after the stream', async () => {
  const { writer, answer } = await connect() // As `get` without an agent that keeps connections does.
  expect(answer.headers.connection).toBe('close')
  writer.end()
  await textOf(answer)
})

test('comments come while nothing else does', async () => {
  const { answer } = await connect({ heartbeatMs: 10 })
  answer.setEncoding('utf8')
  let text = ''
  while (text.split(': still here').length < 4) text += (await once(answer, 'data'))[0]
  expect(text).toMatch(/^retry: 1000\n\n(: still here\n\n)+$/)
})

test('bye has a reason and no id, and nothing follows it', async () => {
  const { writer, answer } = await connect()
  writer.bye('shutting-down')
  expect(await writer.write('id: 2\n\n')).toBe(false)
  expect(await textOf(answer)).toBe('retry: 1000\n\nevent: bye\ndata: {"reason":"shutting-down"}\n\n')
})

test('a client that takes nothing is sent away, and what waits for it in memory is bounded', async () => {
  const { writer, answer } = await connect({ stallMs: 50 })
  answer.pause()
  const waiting = await fillUp(writer)
  expect(waiting.bytesWritten).toBeLessThan(64 * 1024 * 1024) // The kernel's buffers, not ours.
  expect(writer.signal.aborted).toBe(true)
})

test('a client that goes while nothing can be written ends the write', async () => {
  const { writer, answer, request } = await connect()
  answer.pause()
  const filled = fillUp(writer)
  await new Promise((resolve) => setImmediate(resolve))
  request.destroy()
  expect((await filled).bytesWritten).toBeGreaterThan(0)
  expect(writer.signal.aborted).toBe(true)
})

async function fillUp(writer: SseWriter): Promise<{ bytesWritten: number }> {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  let bytesWritten = 0
  while (await writer.write(chunk)) bytesWritten += chunk.length
  return { bytesWritten }
}
