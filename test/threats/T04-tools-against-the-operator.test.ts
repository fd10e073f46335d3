import type { LookupAddress } from 'node:dns'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { HttpWork } from '@treadle/contract'
import { createEgress, exchange } from '@treadle/worker/executor'
import { afterAll, describe, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { useExecutor } from '../worker/support/executor-bench.ts'

/** T4: a document, or what a model makes of it, names an address; the worker stands inside the operator's network. */

const executor = useExecutor({ egressAllow: (tools) => [tools.authority, HOSTILE.authority] })

/** Stands for whatever listens on the operator's own machine. Nothing may reach it. */
let hits = 0
const canary = await listen((_, response) => {
  hits += 1
  response.end('canary')
})
const port = canary.port

type Behave = RequestListener
let behave: Behave = (_, response) => response.end()
/** A tool of somebody else's, which the operator allowed. */
const HOSTILE = await listen((request, response) => behave(request, response))

afterAll(async () => {
  await Promise.all([canary.close(), HOSTILE.close()])
  expect(hits).toBe(0)
})

const http = (url: string, more: Partial<HttpWork> = {}): HttpWork => ({
  kind: 'http',
  tool: 'test',
  method: 'GET',
  url,
  headers: {},
  args: {},
  ...more,
})

const call = async (work: HttpWork, timeoutMs = 5_000, task: object = {}) =>
  executor().attempt(await executor().newRun(), { work, timeoutMs, ...task })

const hostile = (behaviour: Behave, timeoutMs?: number, task?: object) => {
  behave = behaviour
  return call(http(HOSTILE.url), timeoutMs, task)
}

/** Ways to write 127.0.0.1, ::1, what clouds put their metadata on, and networks of one's own. */
const FORMS = [
  ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '0', '0.0.0.0', '2130706433', '017700000001', '0x7f000001'],
  ...['0177.0.0.1', '0177.0.0.0x1', '0x7f.0.0.1', '0x7f.1', '127.0.0.1.', '127.0.0.01', '%31%32%37.0.0.1'],
  ...[
    '１２７.０.０.１',
    '１２７。０。０。１',
    '127。0。0。1',
    '①②⑦.⓪.⓪.①',
    '𝟭𝟮𝟳.0.0.1',
    'ｌｏｃａｌｈｏｓｔ',
    'LOCALHOST',
    'localhost',
    'localhost.',
  ],
  ...['[::1]', '[0:0:0:0:0:0:0:1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]'],
  ...['[::127.0.0.1]', '[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]'],
  ...[
    '[2001:0:7f00:1::]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[fec0::1]',
    '[ff02::1]',
    '[100::1]',
    '[3fff::1]',
  ],
  ...[
    'user@127.0.0.1',
    'user:password@127.0.0.1',
    'example.com@127.0.0.1',
    '127.0.0.1#@example.com',
    '127.0.0.1\\@example.com',
  ],
  ...['169.254.169.254', '169.254.170.2', '2852039166', '[::ffff:a9fe:a9fe]', '100.100.100.200', '168.63.129.16'],
  ...[
    '192.0.0.192',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
  ],
]

describe('an address that is not public', () => {
  test(`in ${FORMS.length} forms`, () => expect(new Set(FORMS).size).toBeGreaterThanOrEqual(60))

  test.each(FORMS)('%s is refused and never reached', async (host) => {
    const outcome = await call(
      http(`http://${host.includes('#') ? host.replace('#', `:${port}#`) : `${host}:${port}`}/`),
    )
    expect(hits).toBe(0)
    // Not every resolver knows `localhost.`: then there is nothing to refuse.
    const type = host === 'localhost.' ? /^(invalid_request|unavailable)$/ : /^invalid_request$/
    expect(outcome).toMatchObject({ error: { type: expect.stringMatching(type) } })
  })

  test.each([
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    'ftp://127.0.0.1/',
    'data:text/plain,x',
    'javascript:1',
    '//127.0.0.1/',
  ])('%s is no address of a tool', async (url) =>
    expect(await call(http(url))).toMatchObject({ error: { type: 'invalid_request' } }),
  )
})

describe('a redirect', () => {
  const redirect = (location: string, status = 302) =>
    hostile((_, response) => response.writeHead(status, { location }).end())

  test.each([
    ...[301, 302, 303, 307, 308].map((status) => [`http://127.0.0.1:${port}/`, status] as const),
    [`http://[::1]:${port}/`, 302],
    [`http://localhost:${port}/`, 302],
    [`//127.0.0.1:${port}/`, 302],
    [`http:127.0.0.1:${port}`, 302],
    ['http://169.254.169.254/latest/meta-data/iam/', 302],
    ['http://[fd00:ec2::254]/', 302],
    ['file:///etc/passwd', 302],
    ['gopher://127.0.0.1/', 302],
    ['http://user:password@10.0.0.1/', 302],
  ] as const)('to %s (%i) is not followed', async (location, status) => {
    expect(await redirect(location, status)).toMatchObject({ status: 'failed', error: { type: 'invalid_request' } })
    expect(hits).toBe(0)
  })

  test('through many allowed places is not followed for ever, and not inside at its end', async () => {
    let hops = 0
    const outcome = await hostile((_, response) => {
      hops += 1
      response.writeHead(302, { location: `/${hops}` }).end()
    })
    expect([outcome.status, hops]).toEqual(['failed', 4])
    behave = ({ url }, response) => {
      const location = url === '/2' ? `http://127.0.0.1:${port}/` : `/${Number(url?.slice(1)) + 1}`
      response.writeHead(302, { location }).end()
    }
    expect(await call(http(HOSTILE.url))).toMatchObject({ error: { type: 'invalid_request' } })
    expect(hits).toBe(0)
  })
})

describe('a name', () => {
  const PUBLIC: LookupAddress[] = [{ address: '93.184.215.14', family: 4 }]
  const INSIDE: LookupAddress[] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
    { address: '169.254.169.254', family: 4 },
    { address: '::ffff:127.0.0.1', family: 6 },
    { address: '10.1.2.3', family: 4 },
  ]

  /** One request to a name whose addresses are what `answers` gives, lookup by lookup. */
  async function ask(answers: () => LookupAddress[]) {
    let lookups = 0
    const egress = createEgress({
      lookup: (_name, _options, callback) => {
        lookups += 1
        callback(null, answers())
      },
    })
    const signal = AbortSignal.timeout(50) // What looks public is not there, and need not be waited for.
    const request = {
      method: 'GET',
      url: new URL(`http://rebind.example:${port}/`),
      headers: {},
      credentials: new Set<string>(),
    }
    const outcome = await exchange(request, { dispatcher: egress.dispatcher, signal, bodyBytesMax: 1_000 }).then(
      () => 'answered',
      (error: { type?: string; name: string }) => error.type ?? error.name,
    )
    // Not waited for: where a network swallows what is sent to the public address, it is given up only after seconds.
    egress.close().catch(() => {})
    return { outcome, lookups }
  }

  test.each(INSIDE.map(({ address }) => [address]))('that stands for %s is refused', async (address) => {
    const found = INSIDE.filter((each) => each.address === address)
    expect(await ask(() => found)).toMatchObject({ outcome: 'invalid_request' })
    expect(hits).toBe(0)
  })

  test('that stands for a public address and for another one is refused whole, whatever the order', async () => {
    for (const inside of INSIDE) {
      expect(await ask(() => [...PUBLIC, inside])).toMatchObject({ outcome: 'invalid_request' })
      expect(await ask(() => [inside, ...PUBLIC])).toMatchObject({ outcome: 'invalid_request' })
    }
    expect(hits).toBe(0)
  })

  test('is looked up once a connection: there is no second answer that could be another one', async () => {
    const random = randomFrom(4)
    const isFull = process.env.TREADLE_TEST_FULL !== undefined
    for (let flip = 0; flip < (isFull ? 1_000 : 60); flip++) {
      let asked = 0
      const { lookups } = await ask(() => {
        asked += 1
        const inside = INSIDE[random(INSIDE.length)] as LookupAddress
        return asked > 1 || random(2) === 0 ? [inside] : PUBLIC
      })
      expect(lookups).toBe(1)
    }
    expect(hits).toBe(0)
  }, 120_000)
})

describe('a hostile answer', () => {
  const MEBIBYTE = Buffer.alloc(1024 * 1024)
  const bomb = Buffer.concat(Array.from({ length: 60 }, () => MEBIBYTE))

  test.each([
    ['gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb)],
  ])('of %s that unpacks to 60 MiB is not unpacked to its end', async (encoding, packed) => {
    const before = process.memoryUsage.rss()
    const outcome = await hostile((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(packed),
    )
    expect(outcome).toMatchObject({ error: { type: 'tool_error', message: expect.stringContaining('larger than') } })
    expect(process.memoryUsage.rss() - before).toBeLessThan(60 * 1024 * 1024)
  })

  test.each(['gzip, gzip', 'zstd', 'compress', 'x'.repeat(1_000)])(
    'packed as %s is not unpacked at all',
    async (encoding) => {
      const twice = gzipSync(gzipSync(MEBIBYTE))
      const outcome = await hostile((_, response) =>
        response.writeHead(200, { 'content-encoding': encoding }).end(twice),
      )
      expect(outcome).toMatchObject({ error: { type: 'tool_error' } })
    },
  )

  test('without an end is read up to its bound where it has to fit a schema', async () => {
    const { behaviour, sent } = endless()
    const outcome = await hostile(behaviour, undefined, { outputSchema: { type: 'string' } })
    expect(outcome).toMatchObject({ error: { type: 'tool_error', message: expect.stringContaining('larger than') } })
    expect(sent()).toBeLessThan(40)
  })

  test('without an end that streams to the blobs ends with the node’s time', async () => {
    const before = process.memoryUsage.rss()
    expect(await hostile(endless().behaviour, 400)).toMatchObject({ error: { type: 'timeout' } })
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
  })

  /** Sends as fast as it is read; `sent` counts MiB. */
  function endless() {
    let sent = 0
    const behaviour: Behave = (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(MEBIBYTE)) sent += 1
      }
      response.on('drain', more)
      more()
    }
    return { behaviour, sent: () => sent }
  }

  test('of one byte at a time ends with the node’s time', async () => {
    const outcome = await hostile((_, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    }, 400)
    expect(outcome).toMatchObject({ error: { type: 'timeout' } })
  })

  test('of headers without an end ends with the node’s time', async () => {
    const outcome = await hostile(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x-more: y\r\n'), 20)
      socket.on('close', () => clearInterval(timer))
      socket.on('error', () => {})
    }, 400)
    expect(outcome).toMatchObject({ error: { type: 'timeout' } })
  })

  test('of ten thousand headers, or of no HTTP, is a failure and nothing worse', async () => {
    const many = await hostile(({ socket }) => {
      socket.end(`HTTP/1.1 200 OK\r\n${'x-more: yyyyyyyyyyyyyyyy\r\n'.repeat(10_000)}\r\n`)
    })
    expect(many).toMatchObject({ error: { type: 'unavailable' } })
    const noHttp = await hostile(({ socket }) => socket.end('SSH-2.0-OpenSSH\r\n'))
    expect(noHttp).toMatchObject({ error: { type: 'unavailable' } })
  })

  test('that sets a proxy for what comes after changes nothing', async () => {
    process.env.http_proxy = `http://127.0.0.1:${port}`
    behave = (_, response) => response.setHeader('content-type', 'application/json').end('"direct"')
    const outcome = await call(http(HOSTILE.url))
    delete process.env.http_proxy
    expect(outcome).toMatchObject({ status: 'completed', output: 'direct' })
    expect(hits).toBe(0)
  })
})

type Listening = { url: string; port: number; authority: string; close(): Promise<void> }

/** A server on all of this machine's addresses. */
async function listen(answer: RequestListener): Promise<Listening> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '::', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    authority: `127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
