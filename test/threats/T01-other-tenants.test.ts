import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TENANT_SCOPES } from '@treadle/api'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { useApi } from '../api/support/api.ts'
import { APPROVAL, ECHO } from '../api/support/documents.ts'
import { makeKey } from '../api/support/keys.ts'

/**
 * Every route of openapi.yaml, asked by one tenant with what belongs to another. A route that is added is asked too: either its path holds
 * an id, and then nothing may be found, or this file says below what it has to answer.
 */

type Operation = {
  operationId: string
  security?: object[]
  requestBody?: { content: Record<string, unknown> }
  parameters?: { name: string; in: string; required?: boolean }[]
}

const api = useApi({ needsKeys: true })
const openapi = parse(readFileSync(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)), 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
}
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)
const guarded = operations.filter(({ operation }) => operation.security?.length !== 0)

const FOREIGN_BLOB_TEXT = 'a secret of the owner '.repeat(2_000)
let owner: Record<string, string> = {}
let intruder: Record<string, string> = {}
/** Makes things under the owner’s names, which are then its own. */
let namesake: Record<string, string> = {}
let url = ''
let runId = ''
let sha256 = ''

beforeAll(async () => {
  owner = (await makeKey(api().admin, { tenant: 'owner' })).headers
  intruder = (await makeKey(api().admin, { tenant: 'intruder' })).headers
  namesake = (await makeKey(api().admin, { tenant: 'namesake' })).headers
  url = await api().app.listen({ host: '127.0.0.1', port: 0 })
  const started = await api().app.inject({
    method: 'POST',
    url: '/runs',
    headers: owner,
    payload: { ir: APPROVAL, input: { text: FOREIGN_BLOB_TEXT }, tags: { team: 'owner' } },
  })
  runId = started.json().id
  const { rows } = await api().admin.query("select sha256 from treadle.blobs where tenant = 'owner'")
  sha256 = rows[0]?.sha256
  const stored = await api().app.inject({
    method: 'PUT',
    url: '/workflows/echo?label=live',
    headers: owner,
    payload: ECHO,
  })
  expect([started.statusCode, stored.statusCode, sha256]).toEqual([201, 201, expect.stringMatching(/^\w{64}$/)])
})

/** What stands for each part of a path: something that is there, and is the owner's. */
const partsOf = (): Record<string, string> => ({
  runId,
  sha256,
  seq: '1',
  name: 'echo',
  label: 'live',
  version: '1',
})

function ask({ path, method, operation }: (typeof operations)[number], headers: Record<string, string>) {
  const parts = path.includes('/signals/') ? { ...partsOf(), name: 'approve' } : partsOf()
  const url = path.replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? expect.unreachable(`What is {${name}}?`))
  return api().app.inject({
    method: method.toUpperCase() as 'GET',
    url,
    headers: { ...headers, ...(operation.requestBody && { 'content-type': 'application/json' }) },
    ...(operation.requestBody && { payload: JSON.stringify(BODIES[operation.operationId] ?? {}) }),
  })
}

/** Bodies that would be taken, were it not somebody else's. */
const BODIES: Record<string, unknown> = {
  sendSignal: { ok: true },
  putWorkflow: ECHO,
  putWorkflowLabel: { version: 1 },
  forkRun: { from: 1 },
}

/** Routes whose path says nothing of whom it is asked about: what each is asked, and what it then has to answer. */
const WITHOUT_IDS: Record<string, () => Promise<void>> = {
  async startRun() {
    const start = (payload: object, headers = intruder) =>
      api().app.inject({ method: 'POST', url: '/runs', headers, payload })
    expect((await start({ workflow: 'echo@1' })).statusCode).toBe(404)
    expect((await start({ workflow: 'echo@live' })).statusCode).toBe(404)
    // An id is unique in its tenant: another one's is free, and says nothing.
    expect((await start({ ir: ECHO, id: runId }, namesake)).statusCode).toBe(201)
    const child = { ir: 'treadle/v1', name: 'outer', nodes: { n: { kind: 'run', workflow: 'echo@1', input: {} } } }
    expect((await start({ ir: child })).json().type).toBe('/problems/invalid-ir')
  },
  async listRuns() {
    for (const query of ['', '?tag=team=owner', '?workflow=approval']) {
      const answer = await api().app.inject({ url: `/runs${query}`, headers: intruder })
      expect(answer.body).not.toContain('approval')
    }
    const cursor = (await api().app.inject({ url: '/runs?limit=1', headers: owner })).json().nextCursor
    expect(cursor).toBeUndefined()
  },
  async listWorkflows() {
    expect((await api().app.inject({ url: '/workflows', headers: intruder })).json()).toEqual({ items: [] })
  },
  async streamRuns() {
    const answer = await api().app.inject({ url: `/stream?runId=${runId}x&runId=${runId}`, headers: intruder })
    expect(answer.statusCode).toBe(404)
  },
  async getMetrics() {
    const { body } = await api().app.inject({ url: '/metrics', headers: intruder })
    expect(body).toContain('treadle_runs_accepted_total')
    for (const foreign of ['owner', runId, sha256]) expect(body).not.toContain(foreign)
  },
  async putBlob() {
    const put = async (headers: Record<string, string>) =>
      (
        await fetch(`${url}/blobs`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(FOREIGN_BLOB_TEXT),
        })
      ).json() as Promise<{ sha256: string }>
    // The same bytes have the same name, and are somebody's own all the same.
    expect((await put(namesake)).sha256).toBe(sha256)
    expect((await fetch(`${url}/blobs/${sha256}`, { headers: intruder })).status).toBe(404)
  },
  async decodePayloads() {
    // A payload names no tenant: what reads it is a scope for operators, which no key of a tenant has without being given it.
    const { headers } = await makeKey(api().admin, { tenant: 'intruder', scopes: TENANT_SCOPES })
    const payload = { payloads: [] }
    const answer = await api().app.inject({ method: 'POST', url: '/codec/decode', headers, payload })
    expect(answer.statusCode).toBe(403)
  },
  async validate() {
    await refusesForeignWorkflow('/validate')
  },
  async compile() {
    await refusesForeignWorkflow('/compile')
  },
}

async function refusesForeignWorkflow(url: string) {
  const payload = { ir: 'treadle/v1', name: 'outer', nodes: { n: { kind: 'run', workflow: 'echo@1', input: {} } } }
  const answer = await api().app.inject({ method: 'POST', url, headers: intruder, payload })
  expect(answer.json().diagnostics).toMatchObject([{ code: 'unknown-workflow' }])
}

/** Routes that make what they name: whoever asks gets one of its own. */
const MAKES_ITS_OWN = new Set(['putWorkflow'])

describe('T1: nothing of another tenant is found', () => {
  test.each(guarded.map((each) => [each.operation.operationId, each] as const))('%s', async (id, each) => {
    const before = await rowsOfOwner()
    if (WITHOUT_IDS[id]) await WITHOUT_IDS[id]()
    else {
      expect(each.path, `What does ${id} have to answer? Say so in WITHOUT_IDS.`).toMatch(/\{/)
      const answer = await ask(each, MAKES_ITS_OWN.has(id) ? namesake : intruder)
      if (MAKES_ITS_OWN.has(id)) expect(answer.json()).toMatchObject({ version: 1 })
      else expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/not-found'])
      expect(answer.body).not.toMatch(/secret of the owner|owner/)
    }
    expect(await rowsOfOwner()).toEqual(before)
  })

  test('each of these would be found by its owner', async () => {
    const parts = guarded.filter(
      ({ path, method }) => path.includes('{') && method === 'get' && !path.includes('stream'),
    )
    for (const each of parts) {
      const { statusCode } = await ask(each, owner)
      expect([each.operation.operationId, statusCode]).toEqual([
        each.operation.operationId,
        expect.toSatisfy((s) => s < 400),
      ])
    }
  })

  test('and each of them is refused without a key', async () => {
    for (const each of guarded) {
      expect([each.operation.operationId, (await ask(each, {})).statusCode]).toEqual([each.operation.operationId, 401])
    }
  })
})

/** Everything that the owner has, whatever table it is in. */
async function rowsOfOwner(): Promise<string[]> {
  const { rows: tables } = await api().admin.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join pg_tables t on t.tablename = c.table_name
    where c.table_schema = 'treadle' and t.schemaname = 'treadle' and c.column_name = 'tenant' and c.table_name !~ '^events_'`,
  )
  const all: string[] = []
  for (const { name } of tables) {
    const what = name === 'api_keys' ? "to_jsonb(t) - 'last_used_at'" : 'to_json(t)'
    const text = `select (${what})::text as row from treadle.${name} t where tenant = 'owner' order by 1`
    const { rows } = await api().admin.query<{ row: string }>(text)
    all.push(...rows.map(({ row }) => `${name} ${row}`))
  }
  return all
}
