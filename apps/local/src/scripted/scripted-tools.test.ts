import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ScriptedTools, startScriptedTools } from './scripted-tools.ts'

let tools: ScriptedTools

beforeEach(async () => {
  tools = await startScriptedTools()
})
afterEach(() => tools.close())

test('an answer is chosen by method and path and may depend on the request', async () => {
  tools.when({ method: 'GET', path: '/customers' }, ({ query }) => ({ json: { email: query.q, tier: 'gold' } }))
  tools.when({ method: 'POST', path: '/customers' }, { status: 201, headers: { location: '/customers/1' } })
  expect(await (await fetch(`${tools.url}/customers?q=a@b.c`)).json()).toEqual({ email: 'a@b.c', tier: 'gold' })
  const created = await fetch(`${tools.url}/customers`, { method: 'POST', body: '{"name":"Ada"}' })
  expect([created.status, created.headers.get('location')]).toEqual([201, '/customers/1'])
  expect(tools.requests.at(-1)).toMatchObject({ number: 2, body: { name: 'Ada' } })
})

test('a limited answer gives way to the next one, and what nothing matches is 404', async () => {
  tools.when({ path: '/flaky' }, { status: 503 }, { times: 1 })
  tools.when({ path: '/flaky' }, { text: 'fine' })
  const statuses = []
  for (const path of ['/flaky', '/flaky', '/other']) statuses.push((await fetch(tools.url + path)).status)
  expect(statuses).toEqual([503, 200, 404])
})

test('an answer waits at its gate', async () => {
  tools.when({}, { gate: 'slow', json: 1 })
  const answer = fetch(tools.url)
  await tools.reached('slow')
  tools.open('slow')
  expect(await (await answer).json()).toBe(1)
})

test('a connection can be cut, and a caller that gives up is recorded', async () => {
  tools.when({ path: '/cut' }, { cut: true })
  tools.when({ path: '/hang' }, { hang: true })
  await expect(fetch(`${tools.url}/cut`)).rejects.toThrow()
  const abort = new AbortController()
  const hanging = fetch(`${tools.url}/hang`, { signal: abort.signal }).catch(() => 'gone')
  const request = await tools.waitFor(({ path }) => path === '/hang')
  abort.abort()
  expect(await hanging).toBe('gone')
  expect(await request.ended).toBe('aborted')
  expect(await tools.requests[0]?.ended).toBe('cut')
})
