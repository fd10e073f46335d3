import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { useApi } from '../api/support/api.ts'
import { ECHO } from '../api/support/documents.ts'
import { makeKey } from '../api/support/keys.ts'

/** T3: a request names fields that are not the caller's to write. */

const api = useApi({ needsKeys: true })

type Operation = { operationId: string; requestBody?: { content: Record<string, { schema?: { $ref?: string } }> } }
const openapi = parse(readFileSync(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
}

/** A body that each shape takes, to which a field is added. */
const BODIES: Record<string, object> = {
  StartRun: { ir: ECHO },
  Reason: {},
  Resume: {},
  MoveLabel: { version: 1 },
}
/** Documents: the translator says what does not belong into one. Signals: their shape is the author's. */
const OTHERS_SHAPES = new Set(['Ir', undefined])

const shaped = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, { operationId, requestBody }]) => {
    const shape = requestBody?.content['application/json']?.schema?.$ref?.split('/').at(-1)
    return requestBody && !OTHERS_SHAPES.has(shape) ? [{ path, method, operationId, shape: shape ?? '' }] : []
  }),
)

describe('a body with a field that its shape has not', () => {
  test.each(shaped.map((each) => [each.operationId, each] as const))('of %s is refused', async (_, each) => {
    const { headers } = await makeKey(api().admin)
    const body = BODIES[each.shape] ?? {}
    for (const field of ['tenant', 'canary', 'status', 'createdAt', '$where', 'constructor']) {
      const answer = await api().app.inject({
        method: each.method.toUpperCase() as 'POST',
        url: each.path.replace(/\{(\w+)\}/g, (_, name) => (name === 'seq' || name === 'version' ? '1' : 'x')),
        headers,
        payload: { ...body, [field]: 'mine' },
      })
      expect([field, answer.statusCode, answer.json().type]).toEqual([field, 400, '/problems/malformed-request'])
      expect(JSON.stringify(answer.json().errors)).toContain(field)
    }
  })
})

test('what the server alone decides of a run is refused one by one', async () => {
  const { headers } = await makeKey(api().admin)
  for (const field of [
    'usage',
    'nodes',
    'parent',
    'forkedFrom',
    'engineStatus',
    'costUsd',
    'thread',
    'webhook',
    'threadPolicy',
  ]) {
    const payload = { ir: ECHO, [field]: {} }
    const answer = await api().app.inject({ method: 'POST', url: '/runs', headers, payload })
    expect([field, answer.statusCode]).toEqual([field, 400])
  }
})

test('nothing is made to fit: a number as text, one value as a list, null as nothing', async () => {
  const { headers } = await makeKey(api().admin)
  for (const wrong of [
    { priority: '1' },
    { priority: [1] },
    { tags: null },
    { tags: { n: 1 } },
    { id: 5 },
    { startAt: 0 },
  ]) {
    const payload = { ir: ECHO, ...wrong }
    const answer = await api().app.inject({ method: 'POST', url: '/runs', headers, payload })
    expect([wrong, answer.statusCode]).toEqual([wrong, 400])
  }
})

test('the tenant is the key’s, whatever headers and queries say', async () => {
  const { headers } = await makeKey(api().admin, { tenant: 'mine' })
  const others = { 'x-tenant': 'theirs', tenant: 'theirs', 'x-tenant-id': 'theirs', 'x-forwarded-user': 'theirs' }
  const start = (url: string) =>
    api().app.inject({ method: 'POST', url, headers: { ...headers, ...others }, payload: { ir: ECHO } })
  expect((await start('/runs?tenant=theirs')).statusCode).toBe(400)
  const answer = await start('/runs')
  const { rows } = await api().admin.query('select distinct tenant from treadle.runs where id = $1', [answer.json().id])
  expect([answer.statusCode, rows]).toEqual([201, [{ tenant: 'mine' }]])
})

test('what is stored beside a run is not shown with it', async () => {
  const { headers } = await makeKey(api().admin)
  const started = await api().app.inject({ method: 'POST', url: '/runs', headers, payload: { ir: ECHO } })
  const run = (await api().app.inject({ url: `/runs/${started.json().id}`, headers })).json()
  for (const field of ['tenant', 'planHash', 'plan_hash', 'requestFingerprint', 'request_fingerprint', 'ref']) {
    expect(run).not.toHaveProperty(field)
  }
})
