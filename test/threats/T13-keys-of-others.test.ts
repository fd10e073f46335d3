import { beforeAll, expect, test } from 'vitest'
import { useApi } from '../api/support/api.ts'
import { ECHO } from '../api/support/documents.ts'
import { makeKey } from '../api/support/keys.ts'

/** T13: an Idempotency-Key is guessed, taken over, or sent with something else. */

const api = useApi({ needsKeys: true })

let mine: Record<string, string> = {}
let theirs: Record<string, string> = {}
beforeAll(async () => {
  mine = (await makeKey(api().admin, { tenant: 'mine' })).headers
  theirs = (await makeKey(api().admin, { tenant: 'theirs' })).headers
})

const start = (headers: Record<string, string>, key: string, payload: object = { ir: ECHO }) =>
  api().app.inject({ method: 'POST', url: '/runs', headers: { ...headers, 'idempotency-key': key }, payload })

test('another tenant’s key is free: it gets a run of its own, and no answer of another one', async () => {
  const [one, other] = [await start(mine, 'guessed'), await start(theirs, 'guessed')]
  expect([one.statusCode, other.statusCode, other.headers['idempotent-replayed']]).toEqual([201, 201, undefined])
  expect(other.json().id).not.toBe(one.json().id)
})

test('a key is looked up only for somebody who is known, and may do it', async () => {
  await start(mine, 'known')
  expect((await start({}, 'known')).statusCode).toBe(401)
  const { headers } = await makeKey(api().admin, { tenant: 'mine', scopes: ['runs:read'] })
  expect((await start(headers, 'known')).statusCode).toBe(403)
})

test('of a key only its hash is stored', async () => {
  await start(mine, 'a-very-telling-key')
  const { rows } = await api().admin.query('select to_json(i)::text as row from treadle.idempotency i')
  expect(JSON.stringify(rows)).not.toContain('a-very-telling-key')
})

test('a refused request shows nothing of the first one, and does not poison its key', async () => {
  const first = await start(mine, 'poison', { ir: ECHO, input: { text: 'the first one’s secret' } })
  const other = await start(mine, 'poison', { ir: ECHO, input: { text: 'other' } })
  expect([other.statusCode, other.json().type]).toEqual([422, '/problems/idempotency-mismatch'])
  expect(other.body).not.toMatch(/secret/)
  expect(other.body).not.toContain(first.json().id)
  const again = await start(mine, 'poison', { ir: ECHO, input: { text: 'the first one’s secret' } })
  expect([again.statusCode, again.json()]).toEqual([201, first.json()])
})

test('one key for two paths is two keys', async () => {
  const { id } = (await start(mine, 'paths')).json()
  const cancel = await api().app.inject({
    method: 'POST',
    url: `/runs/${id}/cancel`,
    headers: { ...mine, 'idempotency-key': 'paths' },
    payload: {},
  })
  expect([cancel.statusCode, cancel.headers['idempotent-replayed']]).toEqual([202, undefined])
})

test('a key that is sent twice in one request, or cannot be read, is refused', async () => {
  for (const key of ['two, keys', 'a b', '', 'k'.repeat(256), 'schlüssel', 'tab\there']) {
    const answer = await start(mine, key)
    expect([key, answer.statusCode]).toEqual([key, 400])
  }
})

test('a key is new again after its 24 hours', async () => {
  const first = await start(mine, 'old')
  const ofFirst = "tenant = 'mine' and response -> 'body' ->> 'id' = $1"
  const { rows } = await api().admin.query(
    `select round(extract(epoch from expires_at - clock_timestamp()) / 3600) as hours from treadle.idempotency where ${ofFirst}`,
    [first.json().id],
  )
  expect(rows).toEqual([{ hours: '24' }])
  await api().admin.query(`update treadle.idempotency set expires_at = clock_timestamp() where ${ofFirst}`, [
    first.json().id,
  ])
  const later = await start(mine, 'old')
  expect([later.statusCode, later.headers['idempotent-replayed']]).toEqual([201, undefined])
  expect(later.json().id).not.toBe(first.json().id)
})

test('while the first request is executed its key is refused, with a time to come back', async () => {
  const other = await api().admin.connect()
  const lock = "hashtextextended('mine POST /runs ' || encode(sha256('4:busy'), 'hex'), 0)"
  await other.query(`select pg_advisory_lock(${lock})`)
  const refused = await start(mine, 'busy')
  await other.query(`select pg_advisory_unlock(${lock})`)
  other.release()
  expect([refused.statusCode, refused.json().type]).toEqual([409, '/problems/idempotency-conflict'])
  expect(refused.headers['retry-after']).toBe('1')
  expect((await start(mine, 'busy')).statusCode).toBe(201)
})

test('a key means nothing where nothing is created', async () => {
  const headers = { ...mine, 'idempotency-key': 'on a GET, as good as none' }
  const count = async () => (await api().admin.query('select from treadle.idempotency')).rowCount
  const before = await count()
  expect((await api().app.inject({ url: '/runs', headers })).statusCode).toBe(200)
  expect(await count()).toBe(before)
})

const RACES = process.env.TREADLE_TEST_FULL === undefined ? 100 : 1_000

test('two that send one key at once with two bodies make one run, whatever tenant', { timeout: 600_000 }, async () => {
  for (let race = 0; race < RACES; race++) {
    const key = `race-${race}`
    const answers = await Promise.all(
      [mine, theirs].flatMap((headers) => [1, 2].map((n) => start(headers, key, { ir: ECHO, input: { n } }))),
    )
    const made = answers.filter(({ statusCode }) => statusCode === 201)
    expect(made).toHaveLength(2)
    expect(answers.filter(({ statusCode }) => ![201, 409, 422].includes(statusCode))).toEqual([])
  }
})
