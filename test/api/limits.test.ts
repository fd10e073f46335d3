import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

/** The limits of the API, each met at n − 1, n and n + 1. Those of documents stand in test/threats/T06, those of headers in T12. */

const BODY_BYTES_MAX = 3_000_000
const api = useApi({ bodyBytesMax: BODY_BYTES_MAX })

const start = (payload: object | string, headers: Record<string, string> = {}) =>
  api().app.inject({
    method: 'POST',
    url: '/runs',
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  })

/** What is answered just below a limit, at it, and past it. */
async function around(limit: number, send: (n: number) => Promise<{ statusCode: number }>): Promise<number[]> {
  const statuses: number[] = []
  for (const n of [limit - 1, limit, limit + 1]) statuses.push((await send(n)).statusCode)
  return statuses
}

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))

test('a body', async () => {
  const shell = JSON.stringify({ ir: ECHO, unknown: '' }).length
  // Past the limit it is not even read; up to it, it is, and refused for what it holds.
  const send = (bytes: number) => start(JSON.stringify({ ir: ECHO, unknown: 'x'.repeat(bytes - shell) }))
  expect(await around(BODY_BYTES_MAX, send)).toEqual([400, 400, 413])
})

test('an input', async () => {
  const shell = JSON.stringify({ text: '' }).length
  const send = (bytes: number) => start({ ir: ECHO, input: { text: 'x'.repeat(bytes - shell) } })
  expect(await around(1024 * 1024, send)).toEqual([201, 201, 413])
})

test('tags: how many, how long a name, how long a value', async () => {
  expect(await around(32, (n) => start({ ir: ECHO, tags: pairs(n) }))).toEqual([201, 201, 400])
  expect(await around(256, (n) => start({ ir: ECHO, tags: { ['k'.repeat(n)]: 'v' } }))).toEqual([201, 201, 400])
  expect(await around(256, (n) => start({ ir: ECHO, tags: { k: 'v'.repeat(n) } }))).toEqual([201, 201, 400])
})

test('an id, and an Idempotency-Key', async () => {
  expect(await around(100, (n) => start({ ir: ECHO, id: 'a'.repeat(n) }))).toEqual([201, 201, 400])
  expect(await around(255, (n) => start({ ir: ECHO }, { 'idempotency-key': 'k'.repeat(n) }))).toEqual([201, 201, 400])
})

test('a priority', async () => {
  expect(await around(5, (n) => start({ ir: ECHO, priority: n }))).toEqual([201, 201, 400])
  expect((await start({ ir: ECHO, priority: 0 })).statusCode).toBe(400)
})

test('a page, and the runs of one stream', async () => {
  const get = (url: string) => api().app.inject(url)
  expect(await around(200, (n) => get(`/runs?limit=${n}`))).toEqual([200, 200, 400])
  expect(await around(200, (n) => get(`/workflows?limit=${n}`))).toEqual([200, 200, 400])
  expect((await get('/runs?limit=0')).statusCode).toBe(400)
  const stream = (n: number) => get(`/stream?${Array.from({ length: n }, (_, i) => `runId=run_${i}`).join('&')}`)
  expect(await around(100, stream)).toEqual([404, 404, 400])
})

test('the time that a request waits', async () => {
  const wait = (query: string) => api().app.inject(`/runs/run_nobody/result?wait=${query}`)
  expect(await Promise.all(['59s', '60s', '61s'].map(async (time) => (await wait(time)).statusCode))).toEqual([
    404, 404, 400,
  ])
})

test('a reason', async () => {
  const { id } = (await start({ ir: ECHO })).json()
  const cancel = (n: number) =>
    api().app.inject({ method: 'POST', url: `/runs/${id}/cancel`, payload: { reason: 'x'.repeat(n) } })
  expect(await around(1_000, cancel)).toEqual([202, 202, 400])
})

test('the figure is told', async () => {
  expect((await start({ ir: ECHO, input: { text: 'x'.repeat(1_100_000) } })).json().detail).toContain('1048576')
  expect(JSON.stringify((await start({ ir: ECHO, tags: pairs(33) })).json().errors)).toContain('32')
})
