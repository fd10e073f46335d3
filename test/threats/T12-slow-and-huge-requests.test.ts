import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { useApi } from '../api/support/api.ts'
import { ECHO } from '../api/support/documents.ts'

/** T12: requests that are slow, or huge, on a real socket. */

const api = useApi({ timeouts: { headersMs: 1_000, requestMs: 2_000 }, bodyBytesMax: 100_000 })

let port = 0
beforeAll(async () => {
  await api().app.listen({ host: '127.0.0.1', port: 0 })
  port = (api().app.server.address() as { port: number }).port
})

/** Everything that the server says on one connection, until it closes it. */
async function talk(speak: (socket: Socket) => void): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', () => {}) // The server may have gone while something was still being sent.
  await once(socket, 'connect')
  speak(socket)
  await once(socket, 'close')
  return answer
}

/** Sends `piece` again and again, as long as anybody listens. */
const drip = (socket: Socket, piece: () => string) => {
  const timer = setInterval(() => socket.write(piece()), 50)
  socket.on('close', () => clearInterval(timer))
}

const POST = 'POST /runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

const typeOf = (answer: string) => /"type":"\/problems\/([\w-]+)"/.exec(answer)?.[1]

describe('a connection', () => {
  test('on which headers only drip is closed', async () => {
    const answer = await talk((socket) => {
      socket.write('GET /runs HTTP/1.1\r\nHost: localhost\r\n')
      drip(socket, () => 'X-More: y\r\n')
    })
    expect(typeOf(answer)).toBe('malformed-request')
  })

  test('on which nothing is said is closed', async () => {
    expect(await talk(() => {})).not.toContain('200 OK')
  })

  test('on which a body only drips is closed', async () => {
    const answer = await talk((socket) => {
      socket.write(`${POST}Content-Length: 90000\r\n\r\n`)
      drip(socket, () => ' ')
    })
    expect(answer).not.toContain('201')
  })

  test('on which chunks only drip is closed', async () => {
    const answer = await talk((socket) => {
      socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`)
      drip(socket, () => '1\r\n \r\n')
    })
    expect(answer).not.toContain('201')
  })

  test('with two lengths, or a length and chunks, is no request', async () => {
    for (const headers of [
      'Content-Length: 5\r\nContent-Length: 6',
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
    ]) {
      expect(await talk((socket) => socket.write(`${POST}${headers}\r\n\r\n{}{}{}`))).toMatch(/^HTTP\/1\.1 400 /)
    }
  })
})

test('a connection serves a thousand requests, and says so with the last one', async () => {
  const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const answer = await talk((socket) => {
    socket.write(get.repeat(1_001))
    let said = ''
    socket.on('data', (chunk) => {
      said += chunk
      if (said.includes('HTTP/1.1 503 ')) socket.end()
    })
  })
  const answers = answer.split(/(?=HTTP\/1\.1 \d)/)
  expect(answers.filter((each) => each.startsWith('HTTP/1.1 200 '))).toHaveLength(1_000)
  expect(answers.findIndex((each) => /^connection: close\r$/im.test(each))).toBe(999)
})

describe('a request', () => {
  test('of more headers than are taken is refused', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `X-${n}: y`).join('\r\n')
    const answer = await talk((socket) => socket.write(`GET /runs HTTP/1.1\r\nHost: localhost\r\n${many}\r\n\r\n`))
    expect(typeOf(answer)).toBe('too-large')
  })

  test('whose headers have 16 KiB is taken, and one of more is not', async () => {
    const status = async (bytes: number) =>
      /^HTTP\/1\.1 (\d+)/.exec(
        await talk((socket) =>
          socket.write(
            `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Fill: ${'x'.repeat(bytes)}\r\n\r\n`,
          ),
        ),
      )?.[1]
    expect([await status(16_000), await status(17_000)]).toEqual(['200', '413'])
  })

  test('whose body is larger than is taken is refused by its length alone, and by its chunks', async () => {
    const byLength = await talk((socket) => socket.write(`${POST}Content-Length: 100001\r\n\r\n`))
    expect(typeOf(byLength)).toBe('too-large')
    const byChunks = await talk((socket) => {
      socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`)
      drip(socket, () => `8000\r\n${' '.repeat(0x8000)}\r\n`)
    })
    expect(typeOf(byChunks)).toBe('too-large')
  })

  test('that is packed is not unpacked', async () => {
    const payload = gzipSync(JSON.stringify({ ir: ECHO, input: { text: 'x'.repeat(1_000_000) } }))
    for (const encoding of ['gzip', 'br', 'deflate', 'gzip, gzip']) {
      const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
      const answer = await api().app.inject({ method: 'POST', url: '/runs', payload, headers })
      expect([encoding, answer.statusCode, answer.json().type]).toEqual([
        encoding,
        415,
        '/problems/unsupported-media-type',
      ])
    }
  })

  test('of a hundred connections that do nothing keeps nobody else from being answered', async () => {
    const idle = Array.from({ length: 100 }, () => talk((socket) => socket.write('GET / HTTP/1.1\r\n')))
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`)
    expect(answer.status).toBe(200)
    await Promise.all(idle)
  })
})
