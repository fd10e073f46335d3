import type { Run, Workflow, WorkflowPage, WorkflowVersion, WorkflowVersionPage } from '@treadle/contract'
import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

const api = useApi()

const named = (name: string, value: unknown = 1) => ({
  ir: 'treadle/v1',
  name,
  description: `gives ${value}`,
  nodes: { a: { kind: 'set', value } },
  output: '${nodes.a}',
})

type Options = { query?: string; headers?: Record<string, string> }

const put = (name: string, document: object | string = named(name), { query = '', headers = {} }: Options = {}) =>
  api().app.inject({ method: 'PUT', url: `/workflows/${name}${query}`, payload: document, headers })

const get = (url: string, headers: Record<string, string> = {}) => api().app.inject({ url, headers })

const start = (workflow: string, body: object = {}) =>
  api().app.inject({ method: 'POST', url: '/runs', payload: { workflow, ...body } })

test('a document is stored as version 1, and another one as version 2', async () => {
  const first = await put('counted', named('counted', 1))
  expect([first.statusCode, first.headers.location]).toEqual([201, '/workflows/counted/versions/1'])
  expect(first.json()).toMatchObject({ name: 'counted', version: 1, documentSha256: expect.stringMatching(/^\w{64}$/) })
  const second = await put('counted', named('counted', 2))
  expect([second.statusCode, second.json<WorkflowVersion>().version]).toEqual([201, 2])
  expect((await get('/workflows/counted')).json()).toMatchObject({ version: 2, description: 'gives 2', labels: {} })
})

test('the same document again is the same version, in another order, as YAML, and after a newer one', async () => {
  const first = await put('same', named('same', 1))
  const turned = Object.fromEntries(Object.entries(named('same', 1)).toReversed())
  const again = await put('same', turned)
  expect([again.statusCode, again.json()]).toEqual([200, first.json()])
  await put('same', named('same', 2))
  const yaml =
    'ir: treadle/v1\nname: same\ndescription: gives 1\nnodes: { a: { kind: set, value: 1 } }\noutput: ${nodes.a}\n'
  const asYaml = await put('same', yaml, { headers: { 'content-type': 'application/yaml' } })
  expect([asYaml.statusCode, asYaml.json()]).toEqual([200, first.json()])
  const { items } = (await get('/workflows/same/versions')).json<WorkflowVersionPage>()
  expect(items.map(({ version }) => version)).toEqual([2, 1])
})

test('fifty at once with ten documents make ten versions without a gap', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => put('raced', named('raced', n % 10))))
  expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(10)
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(40)
  const { items } = (await get('/workflows/raced/versions')).json<WorkflowVersionPage>()
  expect(items.map(({ version }) => version)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
})

test('a document with findings is not stored, and neither is one of another name', async () => {
  const wrong = await put('refused', { ...named('refused'), nodes: { a: { kind: 'sett' } } })
  expect([wrong.statusCode, wrong.json().type]).toEqual([422, '/problems/invalid-ir'])
  expect(wrong.json().errors[0].path).toMatch(/^\/nodes\/a/)
  const other = await put('refused', named('other'))
  expect([other.statusCode, other.json().errors[0].path]).toEqual([422, '/name'])
  const half = await put('refused', '{"ir":', { headers: { 'content-type': 'application/json' } })
  expect([half.statusCode, half.json().type]).toEqual([400, '/problems/malformed-request'])
  expect((await get('/workflows/refused')).statusCode).toBe(404)
})

test('a run is started by version, by label, and by the name alone', async () => {
  await put('started', named('started', 'one'), { query: '?label=stable' })
  await put('started', named('started', 'two'))
  const versionOf = async (workflow: string) => (await start(workflow)).json<Run>().workflow
  expect(await versionOf('started@1')).toEqual({ name: 'started', version: '1' })
  expect(await versionOf('started@stable')).toEqual({ name: 'started', version: '1' })
  expect(await versionOf('started')).toEqual({ name: 'started', version: '2' })
  for (const missing of ['started@3', 'started@nothing', 'nobody', 'nobody@1']) {
    const answer = await start(missing)
    expect([missing, answer.statusCode, answer.json().type]).toEqual([missing, 404, '/problems/not-found'])
  }
  const pending = await api().runs.pendingStarts({ olderThanMs: 0, limit: 100 })
  expect(pending.map(({ plan }) => plan.name)).toContain('started')
})

test('an input has to fit the stored document', async () => {
  await put('echo', ECHO)
  const answer = await start('echo@1', { input: { n: 'x' } })
  expect([answer.statusCode, answer.json().errors[0].path]).toEqual([422, '/input/n'])
})

test('a label moves, and a key gives the first answer also after it has', async () => {
  const label = (version: number) =>
    api().app.inject({ method: 'PUT', url: '/workflows/moving/labels/live', payload: { version } })
  await put('moving', named('moving', 1))
  await put('moving', named('moving', 2))
  expect((await label(1)).statusCode).toBe(201)
  const request = {
    method: 'POST',
    url: '/runs',
    payload: { workflow: 'moving@live' },
    headers: { 'idempotency-key': 'moving-1' },
  } as const
  const first = await api().app.inject(request)
  expect(first.json<Run>().workflow).toEqual({ name: 'moving', version: '1' })
  expect((await label(2)).statusCode).toBe(200)
  expect((await start('moving@live')).json<Run>().workflow.version).toBe('2')
  expect((await api().app.inject(request)).json()).toEqual(first.json())
  expect((await label(3)).statusCode).toBe(404)

  const remove = () => api().app.inject({ method: 'DELETE', url: '/workflows/moving/labels/live' })
  expect([(await remove()).statusCode, (await remove()).statusCode]).toEqual([204, 404])
  const again = await api().app.inject(request)
  expect([again.statusCode, again.json(), again.headers['idempotent-replayed']]).toEqual([201, first.json(), 'true'])
})

test('versions are tagged, and what somebody else changed is not changed again', async () => {
  await put('tagged', named('tagged', 1))
  const { headers } = await get('/workflows/tagged')
  const etag = String(headers.etag)
  expect((await get('/workflows/tagged', { 'if-none-match': etag })).statusCode).toBe(304)
  const stored = await put('tagged', named('tagged', 2), { headers: { 'if-match': etag } })
  expect(stored.statusCode).toBe(201)
  const late = await put('tagged', named('tagged', 3), { headers: { 'if-match': etag } })
  expect([late.statusCode, late.json().type, late.headers.etag]).toEqual([
    412,
    '/problems/precondition-failed',
    stored.headers.etag,
  ])
  expect((await put('tagged', named('tagged', 4), { headers: { 'if-none-match': '*' } })).statusCode).toBe(412)
  expect((await put('brand-new', undefined, { headers: { 'if-match': '*' } })).statusCode).toBe(412)
  expect((await put('brand-new', undefined, { headers: { 'if-none-match': '*' } })).statusCode).toBe(201)
})

test('of twenty that want the same tag one is stored', async () => {
  await put('contended', named('contended', 0))
  const headers = { 'if-match': String((await get('/workflows/contended')).headers.etag) }
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => put('contended', named('contended', n + 1), { headers })),
  )
  expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, ...Array(19).fill(412)])
})

test('a version is got with its document, by number and by label, and never changes', async () => {
  await put('read', named('read'), { query: '?label=live' })
  const byNumber = await get('/workflows/read/versions/1')
  expect(byNumber.json()).toMatchObject({ version: 1, document: named('read') })
  expect(byNumber.headers['cache-control']).toContain('immutable')
  const byLabel = await get('/workflows/read/versions/live')
  expect(byLabel.json()).toEqual(byNumber.json())
  expect(byLabel.headers['cache-control']).not.toContain('immutable')
  expect((await get('/workflows/read/versions/2')).statusCode).toBe(404)
})

test('workflows are listed by name, page by page', async () => {
  for (const name of ['z-c', 'z-a', 'z-d', 'z-b']) await put(name)
  const seen: string[] = []
  for (let cursor = ''; ; ) {
    const page = (await get(`/workflows?limit=3${cursor}`)).json<WorkflowPage>()
    seen.push(...page.items.map(({ name }) => name))
    if (page.nextCursor === undefined) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(seen.filter((name) => name.startsWith('z-'))).toEqual(['z-a', 'z-b', 'z-c', 'z-d'])
  expect(seen).toEqual([...new Set(seen)].sort())
  expect((await get('/workflows?cursor=nonsense')).statusCode).toBe(400)
  const { nextCursor } = (await get('/workflows?limit=1')).json<WorkflowPage>()
  expect((await get(`/workflows/z-a/versions?cursor=${nextCursor}`)).statusCode).toBe(400)
})

test('a document that names a stored workflow is checked against it', async () => {
  await put('inner', { ...ECHO, name: 'inner' })
  const outer = (workflow: string) => ({
    ir: 'treadle/v1',
    name: 'outer',
    nodes: { child: { kind: 'run', workflow, input: {} } },
  })
  const validate = async (workflow: string) =>
    (await api().app.inject({ method: 'POST', url: '/validate', payload: outer(workflow) })).json().diagnostics
  expect(await validate('inner@1')).toEqual([])
  expect(await validate('inner@2')).toMatchObject([{ code: 'unknown-workflow', path: '/nodes/child/workflow' }])
  await put('inner', { ...ECHO, name: 'inner', description: 'another' })
  expect(await validate('inner@2')).toEqual([]) // What was found before is not remembered.
})

test('another tenant has none of it, and workers read all of it', async () => {
  await put('private')
  const { rows } = await api().worker.query(
    "select version, plan ->> 'name' as name from treadle.stored_workflow('default', 'private', null)",
  )
  expect(rows).toEqual([{ version: 1, name: 'private' }])
  const client = await api().api.connect()
  await client.query("begin; set local treadle.tenant = 'other'")
  const { rowCount } = await client.query("select from treadle.stored_workflow('default', 'private', null)")
  await client.query('rollback')
  client.release()
  expect(rowCount).toBe(0)
})

test('neither service can change a version, or take it away', async () => {
  for (const pool of [api().api, api().worker]) {
    for (const text of ["update treadle.workflows set document = '1'", 'delete from treadle.workflows']) {
      await expect(pool.query(text)).rejects.toThrow('permission denied')
    }
  }
})

test('large texts of a stored document are kept, and by nobody’s run', async () => {
  const text = 'x'.repeat(20_000)
  const document = { ...named('large'), nodes: { a: { kind: 'set', value: text } } }
  expect((await put('large', document)).statusCode).toBe(201)
  const { rows } = await api().admin.query("select run_id from treadle.blob_refs where run_id = 'large@1'")
  expect(rows).toHaveLength(1)
  expect((await get('/workflows/large')).json<Workflow>().version).toBe(1)
})
