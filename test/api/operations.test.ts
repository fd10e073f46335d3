import { describe, expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'
import { makeKey } from './support/keys.ts'

/** What operators look at: readiness, metrics, logs, and the pages of the documentation. */

const api = useApi({ needsKeys: true })

test('metrics count requests by their route, and runs, and name no tenant and no path', async () => {
  const { headers } = await makeKey(api().admin, { tenant: 'secret-tenant' })
  const run = await api().app.inject({ method: 'POST', url: '/runs', payload: { ir: ECHO }, headers })
  await api().app.inject({ url: `/runs/${run.json().id}`, headers })
  await api().app.inject({ url: '/no/such/path', headers })
  const answer = await api().app.inject({ url: '/metrics', headers })
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')])
  expect(answer.body).toMatch(
    /treadle_http_request_duration_seconds_count\{method="GET",route="\/runs\/:runId",status="200"\} 1/,
  )
  expect(answer.body).toMatch(/treadle_http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1/)
  expect(answer.body).toContain('treadle_runs_accepted_total{replayed="false"} 1')
  expect(answer.body).toContain('nodejs_eventloop_lag_seconds')
  expect(answer.body).not.toMatch(/secret-tenant|no\/such\/path/)
  expect(answer.body).not.toContain(run.json().id)
})

test('metrics need a scope of their own', async () => {
  const { headers } = await makeKey(api().admin, { scopes: ['runs:read', 'runs:write'] })
  expect((await api().app.inject({ url: '/metrics', headers })).statusCode).toBe(403)
  expect((await api().app.inject('/metrics')).statusCode).toBe(401)
})

describe('The pages of the documentation', () => {
  test('are there without a key, and run nothing but their own script', async () => {
    const page = await api().app.inject('/docs/')
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')])
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|https:)/)
    expect(page.body).not.toMatch(/<script>|<script[^>]*src="http/)
    const scripts = [...page.body.matchAll(/src="([^"]+)"/g)].map(
      ([, src = '']) => new URL(src, 'http://x/docs/').pathname,
    )
    expect(scripts.length).toBeGreaterThan(0)
    for (const url of scripts) expect([url, (await api().app.inject(url)).statusCode]).toEqual([url, 200])
  })

  test('show the document that is served', async () => {
    const shown = (await api().app.inject('/docs/json')).json()
    expect(shown.paths['/runs'].post.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/StartRun',
    })
    expect(JSON.stringify(shown)).not.toContain('x-shape')
  })
})

test('a log line of a request has its request, its trace, its run and its node', async () => {
  const { headers, id: caller } = await makeKey(api().admin)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const asked = { ...headers, traceparent, 'x-request-id': 'request-of-mine' }
  await api().app.inject({ method: 'POST', url: '/runs/run_x/signals/go?node=a.b', payload: {}, headers: asked })
  expect(api().logged).toContainEqual(
    expect.objectContaining({
      msg: 'answered',
      requestId: 'request-of-mine',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      runId: 'run_x',
      node: 'a.b',
      route: '/runs/:runId/signals/:name',
      caller,
      status: 404,
    }),
  )
})

test('what somebody sends cannot make a line of the log', async () => {
  const { headers } = await makeKey(api().admin)
  const forged = 'x\n{"level":50,"msg":"forged"}\r\n\u2028'
  await api().app.inject({ url: `/runs/${encodeURIComponent(forged)}?${encodeURIComponent(forged)}`, headers })
  await api().app.inject({
    method: 'POST',
    url: `/runs/run_x/signals/go?node=${encodeURIComponent(forged)}`,
    payload: { forged },
    headers,
  })
  // Each line was parsed on its own as it was written.
  expect(api().logged.map(({ msg }) => msg)).not.toContain('forged')
})
