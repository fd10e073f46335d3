import { PROBLEMS, type ProblemName } from '@treadle/contract'
import { validatorOf } from '@treadle/contract/validate'
import { describe, expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

const api = useApi({ bodyBytesMax: 200_000 })
const isProblem = validatorOf('problem.v1.schema.json')

type Request = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  payload?: string | Buffer
  headers?: Record<string, string>
}

/** Sends it, and holds the answer to what every problem is. */
async function problemOf(request: Request) {
  const answer = await api().app.inject(request)
  const body = answer.json()
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  expect(isProblem(body), JSON.stringify(isProblem.errors)).toBe(true)
  expect(body.status).toBe(answer.statusCode)
  expect(body.instance).toBe(answer.headers['x-request-id'])
  return { answer, name: body.type.replace('/problems/', ''), body }
}

const json = (payload: string | Buffer): Request => ({
  method: 'POST',
  url: '/runs',
  payload,
  headers: { 'content-type': 'application/json' },
})

test('each type of problem has a page', async () => {
  for (const name of Object.keys(PROBLEMS) as ProblemName[]) {
    const page = await api().app.inject(`/problems/${name}`)
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.body).toContain(String(PROBLEMS[name].status))
  }
  expect((await problemOf({ url: '/problems/nothing' })).name).toBe('not-found')
  expect((await problemOf({ url: '/problems/constructor' })).name).toBe('not-found')
})

test('a path that no route has is not found, and a wrong method is told which ones are right', async () => {
  expect((await problemOf({ url: '/nothing/here' })).name).toBe('not-found')
  expect((await problemOf({ url: '/runs/%zz' })).name).toBe('malformed-request')
  const { answer, name } = await problemOf({ method: 'DELETE', url: '/runs/run_1/state' })
  expect([name, answer.headers.allow]).toEqual(['method-not-allowed', 'GET, HEAD'])
  expect((await problemOf({ method: 'PUT', url: '/validate' })).answer.headers.allow).toBe('POST')
})

test('a method that nothing takes is told which ones are right, also where it would have a body', async () => {
  const answer = await api().app.inject({ method: 'QUERY' as 'GET', url: '/runs' })
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST'])
  const nowhere = await api().app.inject({
    method: 'POST',
    url: '/nothing',
    payload: '<a/>',
    headers: { 'content-type': 'text/xml' },
  })
  expect(nowhere.statusCode).toBe(404)
})

test('a start in a year that is none is refused', async () => {
  const answer = await api().app.inject({
    method: 'POST',
    url: '/runs',
    payload: { ir: ECHO, startAt: '0000-01-01T00:00:00.000Z' },
  })
  expect([answer.statusCode, answer.json().type]).toEqual([400, '/problems/malformed-request'])
})

describe('A hostile body is a problem in bounded time', () => {
  const deep = (open: string, close: string, levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`
  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, index) => {
      const before = 'abcdefgh'.charAt(index)
      return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`
    }),
  ].join('\n')

  test.each<[string, string | Buffer, ProblemName]>([
    ['no JSON', '{"ir":', 'malformed-request'],
    ['nothing', '', 'malformed-request'],
    ['a word', 'null', 'malformed-request'],
    ['a hundred thousand levels', deep('[', ']', 90_000), 'malformed-request'],
    ['a thousand levels of a document', `{"ir":${deep('{"nodes":', '}', 1_000)}}`, 'malformed-request'],
    ['more bytes than are taken', JSON.stringify({ ir: 'x'.repeat(250_000) }), 'too-large'],
    ['a key twice', '{"ir":{},"ir":{}}', 'malformed-request'],
    ['the key of a prototype', '{"ir":{"__proto__":{"x":1}}}', 'malformed-request'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]), 'malformed-request'],
    ['half a surrogate pair', '{"ir":"\\ud800"}', 'malformed-request'],
    ['a number without end', `{"ir":${'9'.repeat(100_000)}}`, 'malformed-request'],
    ['a number past infinity', '{"ir":{},"input":1e400}', 'malformed-request'],
    [
      'fifty thousand unknown fields',
      JSON.stringify(Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`f${n}`, 1]))),
      'malformed-request',
    ],
    ['a document of YAML laughs', JSON.stringify({ ir: laughs }), 'invalid-ir'],
    ['a document of a thousand levels', JSON.stringify({ ir: deep('[', ']', 1_000) }), 'invalid-ir'],
  ])('%s', async (_, payload, name) => {
    expect((await problemOf(json(payload))).name).toBe(name)
  })

  test('an explosive pattern in a document takes no time, whatever is made of it', async () => {
    const inputSchema = { type: 'object', properties: { s: { type: 'string', pattern: '^(a+)+$' } } }
    const answer = await api().app.inject({
      method: 'POST',
      url: '/runs',
      payload: { ir: { ...ECHO, inputSchema }, input: { s: `${'a'.repeat(40_000)}!` } },
    })
    expect(answer.statusCode).toBe(422)
  })

  test('YAML that grows without bound', async () => {
    const request = { ...json(laughs), headers: { 'content-type': 'application/yaml' } }
    expect((await problemOf(request)).name).toBe('malformed-request')
  })

  test('a type that is not understood', async () => {
    for (const type of [
      'text/xml',
      'application/x-www-form-urlencoded',
      'nonsense',
      'multipart/form-data; boundary=x',
    ]) {
      const request = { ...json('{}'), headers: { 'content-type': type } }
      expect((await problemOf(request)).name).toBe('unsupported-media-type')
    }
  })
})

test('characters that Postgres cannot hold in text make no error of ours', async () => {
  const nul = await api().app.inject({ ...json(JSON.stringify({ ir: ECHO, input: { text: 'a\u0000b' } })) })
  expect(nul.statusCode).toBeLessThan(500)
  for (const url of [
    '/runs/a%00b',
    '/runs/a%00b/stream',
    '/runs/a%00b/events',
    '/stream?runId=a%00b',
    '/runs/%F0%9F%98%80',
  ]) {
    const answer = await api().app.inject(url)
    expect([url, answer.statusCode]).toEqual([
      url,
      expect.toSatisfy((status: number) => status === 404 || status === 400),
    ])
  }
  const tags = await api().app.inject({ ...json(JSON.stringify({ ir: ECHO, tags: { 'a\u0000': 'b\u0000' } })) })
  expect(tags.statusCode).toBeLessThan(500)
})

test('every answer has the request’s id and continues its trace', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  for (const url of ['/healthz', '/nothing', '/runs/run_nobody']) {
    const { headers } = await api().app.inject({ url, headers: { 'x-request-id': 'my-own-request', traceparent } })
    expect(headers['x-request-id']).toBe('my-own-request')
    expect(headers.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/)
  }
})

test('an API without Temporal lives, and is not ready, and says which part is missing', async () => {
  expect((await api().app.inject('/healthz')).json()).toEqual({ status: 'ok' })
  const { answer, name, body } = await problemOf({ url: '/readyz' })
  expect([name, body.detail, answer.headers['retry-after']]).toEqual([
    'dependency-unavailable',
    'Not reachable: Temporal.',
    '2',
  ])
})

test('nothing of the inside is told', async () => {
  const { name, body } = await problemOf({ method: 'POST', url: `/runs/${await waitingRun()}/terminate` })
  expect(name).toBe('dependency-unavailable')
  expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN|at .*\.ts|select|grpc/i)
})

async function waitingRun(): Promise<string> {
  return (await api().startRun()).id
}

test('schemas are served as they stand, and no other file', async () => {
  const schema = await api().app.inject('/schemas/ir.v1.schema.json')
  expect([schema.statusCode, schema.headers['content-type'], schema.json().$id]).toEqual([
    200,
    expect.stringContaining('application/schema+json'),
    'ir.v1.schema.json',
  ])
  for (const file of ['errors.json', '..%2f..%2fpackage.json', 'toString']) {
    expect((await problemOf({ url: `/schemas/${file}` })).name).toBe('not-found')
  }
})
