import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createKeyAdmin } from '@treadle/storage'
import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'
import { makeKey } from './support/keys.ts'

const api = useApi({ needsKeys: true })

const get = (url: string, headers: Record<string, string> = {}) => api().app.inject({ url, headers })
const start = (headers: Record<string, string>) =>
  api().app.inject({ method: 'POST', url: '/runs', payload: { ir: ECHO }, headers })

test('without a key nothing but the documentation is answered', async () => {
  for (const url of ['/runs', '/runs/run_x', '/workflows', '/stream?runId=run_x', '/nothing']) {
    const answer = await get(url)
    expect([url, answer.statusCode, answer.json().type]).toEqual([url, 401, '/problems/unauthenticated'])
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="treadle"')
  }
  for (const url of ['/healthz', '/openapi.yaml', '/problems/forbidden', '/schemas/ir.v1.schema.json']) {
    expect([url, (await get(url)).statusCode]).toEqual([url, 200])
  }
})

test('a key opens what belongs to its tenant', async () => {
  const { headers } = await makeKey(api().admin, { tenant: 'acme' })
  const run = await start(headers)
  expect(run.statusCode).toBe(201)
  const { rows } = await api().admin.query('select tenant from treadle.runs where id = $1', [run.json().id])
  expect(rows).toEqual([{ tenant: 'acme' }])
  expect((await get('/nothing', headers)).statusCode).toBe(404)
})

test('a key does what its scopes name, and no more', async () => {
  const { headers } = await makeKey(api().admin, { scopes: ['runs:read'] })
  expect((await get('/runs', headers)).statusCode).toBe(200)
  const refused = await start(headers)
  expect([refused.statusCode, refused.json().type, refused.json().detail]).toEqual([
    403,
    '/problems/forbidden',
    'This needs the scope runs:write.',
  ])
  expect((await get('/workflows', headers)).statusCode).toBe(403)
})

test('what is no key is refused: unknown, cut, of another case, in another scheme, twice', async () => {
  const { key } = await makeKey(api().admin)
  const unknown = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`
  for (const authorization of [
    `Bearer ${unknown}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key.toUpperCase()}`,
    `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    `Bearer ${key}, Bearer ${key}`,
    `Bearer  ${key} `.trimEnd(),
    key,
    'Bearer',
  ]) {
    const answer = await get('/runs', { authorization })
    expect([authorization, answer.statusCode]).toEqual([authorization, 401])
  }
  expect((await get('/runs', { authorization: `bearer ${key}` })).statusCode).toBe(200)
})

test('a key that has expired is refused', async () => {
  const { headers } = await makeKey(api().admin, { validMs: -1 })
  expect((await get('/runs', headers)).statusCode).toBe(401)
})

test('of a key only its hash is stored, and nothing of it is logged', async () => {
  const { key, id, headers } = await makeKey(api().admin)
  await get('/runs', headers)
  await get('/runs/%zz', headers)
  await get('/nobody', { authorization: `Bearer ${key.slice(0, -1)}` })
  const { rows } = await api().admin.query('select to_json(k)::text as row from treadle.api_keys k')
  const secret = key.split('_')[2] ?? ''
  expect(JSON.stringify(rows)).not.toContain(secret.slice(0, 20))
  expect(JSON.stringify(api().logged)).not.toContain(secret.slice(0, 20))
  expect(api().logged).toContainEqual(expect.objectContaining({ tenant: 'default', caller: id, msg: 'answered' }))
})

test('the service’s own login cannot read keys, make them or change them', async () => {
  for (const pool of [api().api, api().worker]) {
    for (const text of [
      'select * from treadle.api_keys',
      "insert into treadle.api_keys (id, tenant, name, secret_sha256, scopes) values ('00000000', 'x', 'x', 'x', '{}')",
      'update treadle.api_keys set revoked_at = null',
      "insert into treadle.quotas (tenant) values ('default')",
    ]) {
      await expect(pool.query(text)).rejects.toThrow('permission denied')
    }
  }
})

test('many wrong keys from one address are told to slow down, and a good one is not', async () => {
  const { headers } = await makeKey(api().admin)
  const remoteAddress = '198.51.100.7'
  const wrong = () => api().app.inject({ url: '/runs', headers: { authorization: 'Bearer wrong' }, remoteAddress })
  const statuses: number[] = []
  for (let n = 0; n < 62; n++) statuses.push((await wrong()).statusCode)
  expect(statuses.filter((status) => status === 401)).toHaveLength(60)
  const refused = await wrong()
  expect([refused.statusCode, refused.json().type]).toEqual([429, '/problems/rate-limited'])
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await api().app.inject({ url: '/runs', headers, remoteAddress })).statusCode).toBe(200)
})

const program = fileURLToPath(new URL('../../apps/api/dist/keys-main.js', import.meta.url))

/** What the command prints, line by line. */
async function keys(...args: string[]): Promise<string[]> {
  const env = { ...process.env, TREADLE_ADMIN_DATABASE_URL: api().urls.adminUrl }
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { env })
  return stdout.trimEnd().split('\n')
}

const bearer = (key: string | undefined) => ({ authorization: `Bearer ${key}` })

test('the command makes keys, lists them without their secrets, rotates and revokes them', async () => {
  const [line = '', key] = await keys('create', '--name', 'ci', '--tenant', 'globex', '--scopes', 'runs:read')
  expect(line).toMatch(/^tk_[0-9a-z]{8}_… {2}globex {2}ci {2}runs:read {2}expires never/)
  expect((await get('/runs', bearer(key))).statusCode).toBe(200)
  const id = line.slice(3, 11)

  const [, rotated] = await keys('rotate', id, '--grace', '1h')
  expect((await get('/runs', bearer(rotated))).statusCode).toBe(200)
  expect((await get('/runs', bearer(key))).statusCode).toBe(200) // Within its time of grace.
  const listed = await keys('list', '--tenant', 'globex')
  expect(listed).toHaveLength(2)
  expect(listed.join('\n')).not.toContain(key?.split('_')[2])
  expect(listed[0]).toMatch(/used 2/)

  const { id: other, headers } = await makeKey(api().admin, { tenant: 'globex' })
  await keys('revoke', other)
  expect((await get('/runs', headers)).statusCode).toBe(401)
  await expect(keys('revoke', other)).rejects.toThrow(/There is no good key/)
  await expect(keys('rotate', other)).rejects.toThrow(/There is no good key/)
})

test('the command makes a key once, where it is asked to', async () => {
  const make = () => keys('create', '--once', '--name', 'compose', '--tenant', 'once')
  const [line, key] = await make()
  expect(key).toMatch(/^tk_/)
  expect(await make()).toEqual([line?.replace(/used .*/, 'used never')])
  await keys('revoke', line?.slice(3, 11) ?? '')
  expect(await make()).toHaveLength(2)
})

test.each([
  ['no command', [], /Which command/],
  ['a scope that does not exist', ['create', '--name', 'x', '--scopes', 'everything'], /--scopes/],
  ['a time without a unit', ['create', '--name', 'x', '--expires', '90'], /--expires/],
  ['a tenant with capitals', ['create', '--name', 'x', '--tenant', 'ACME'], /--tenant/],
])('the command refuses %s, and says how it is used', async (_, args, message) => {
  await expect(keys(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
})

test('a tenant has as many runs at once as its quota says, whoever races for the last one', async () => {
  await createKeyAdmin({ pool: api().admin }).setQuota('small', { runsAtOnce: 5, requestsAMinute: null })
  const { headers } = await makeKey(api().admin, { tenant: 'small' })
  const answers = await Promise.all(Array.from({ length: 30 }, () => start(headers)))
  expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(5)
  const refused = answers.filter(({ statusCode }) => statusCode === 429)
  expect(refused).toHaveLength(25)
  expect(refused[0]?.json()).toMatchObject({
    type: '/problems/quota-exceeded',
    detail: expect.stringContaining('5 runs'),
  })
  expect(refused[0]?.headers['retry-after']).toBeDefined()

  const first = answers.find(({ statusCode }) => statusCode === 201)?.json()
  const ref = { id: first.id, tenant: 'small', createdAt: first.createdAt }
  await api().runs.close({ run: ref, type: 'run.cancelled', data: {}, engineStatus: 'TERMINATED' })
  expect([(await start(headers)).statusCode, (await start(headers)).statusCode]).toEqual([201, 429])
})

test('a run that is there already is told also when the quota is used up, and a refused key is free', async () => {
  const admin = createKeyAdmin({ pool: api().admin })
  await admin.setQuota('one', { runsAtOnce: 1, requestsAMinute: null })
  const { headers } = await makeKey(api().admin, { tenant: 'one' })
  const keyed = (key: string) => start({ ...headers, 'idempotency-key': key })
  const first = await keyed('a')
  expect([first.statusCode, (await keyed('b')).statusCode]).toEqual([201, 429])
  expect((await keyed('a')).json()).toEqual(first.json())
  await admin.setQuota('one', { runsAtOnce: 2, requestsAMinute: null })
  expect((await keyed('b')).statusCode).toBe(201)
})

test('a tenant sends as many requests a minute as its quota says, and is told how many are left', async () => {
  await createKeyAdmin({ pool: api().admin }).setQuota('slow', { runsAtOnce: null, requestsAMinute: 3 })
  const { headers } = await makeKey(api().admin, { tenant: 'slow' })
  const left: unknown[] = []
  for (let n = 0; n < 3; n++) {
    const answer = await get('/runs', headers)
    expect([answer.statusCode, answer.headers['ratelimit-policy']]).toEqual([200, '"requests";q=3;w=60'])
    left.push(/^"requests";r=(\d+);t=\d+$/.exec(String(answer.headers.ratelimit))?.[1])
  }
  expect(left).toEqual(['2', '1', '0'])
  const refused = await get('/runs', headers)
  expect([refused.statusCode, refused.json().type]).toEqual([429, '/problems/rate-limited'])
  expect(refused.headers.ratelimit).toMatch(/;r=0;t=\d+$/)
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
  const { headers: others } = await makeKey(api().admin, { tenant: 'fast' })
  expect((await get('/runs', others)).headers.ratelimit).toBeUndefined()
  expect((await get('/healthz')).statusCode).toBe(200)
})
