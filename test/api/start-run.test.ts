import { newRunId, type Run } from '@treadle/contract'
import { expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

const api = useApi()

const post = (body: unknown, headers: Record<string, string> = {}) =>
  api().app.inject({ method: 'POST', url: '/runs', payload: body as object, headers })

const count = async () => Number((await api().admin.query('select count(*) from treadle.runs')).rows[0].count)

test('a run is accepted and kept while Temporal cannot be reached', async () => {
  const answer = await post({ ir: ECHO, input: { text: 'hi' }, tags: { team: 'a' } })
  const run = answer.json<Run>()
  expect(answer.statusCode).toBe(201)
  expect(answer.headers.location).toBe(`/runs/${run.id}`)
  expect(run).toMatchObject({ status: 'pending', workflow: { name: 'echo' }, tags: { team: 'a' } })
  expect(run.id).toMatch(/^run_[0-9a-hjkmnp-tv-z]{26}$/)
  const [pending] = await api().runs.pendingStarts({ olderThanMs: 0, limit: 10 })
  expect(pending).toMatchObject({ run: { id: run.id }, input: { text: 'hi' }, plan: { name: 'echo' } })
  expect((await api().log.read('default', run.id, { after: 0, limit: 10 }))?.events.map(({ type }) => type)).toEqual([
    'run.created',
  ])
})

test('a document is taken as text, and the whole request as YAML', async () => {
  expect((await post({ ir: JSON.stringify(ECHO) })).statusCode).toBe(201)
  expect((await post({ ir: 'ir: treadle/v1\nname: yaml\nnodes:\n  a: { kind: set, value: 1 }\n' })).statusCode).toBe(
    201,
  )
  const yaml = 'ir:\n  ir: treadle/v1\n  name: yaml\n  nodes:\n    a: { kind: set, value: 1 }\ninput: {}\n'
  expect((await post(yaml, { 'content-type': 'application/yaml' })).statusCode).toBe(201)
})

test('a document with findings is refused with all of them, and leaves no trace', async () => {
  const before = await count()
  const answer = await post({
    ir: { ...ECHO, nodes: { a: { kind: 'set', value: '${nodes.b}' }, c: { kind: 'sett', value: 1 } } },
  })
  expect(answer.statusCode).toBe(422)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  const { type, errors, diagnostics } = answer.json()
  expect(type).toBe('/problems/invalid-ir')
  expect(errors.map(({ path }: { path: string }) => path)).toEqual(
    expect.arrayContaining([expect.stringContaining('/ir/nodes/a'), expect.stringContaining('/ir/nodes/c')]),
  )
  expect(diagnostics.length).toBeGreaterThanOrEqual(errors.length)
  expect(await count()).toBe(before)
})

test('an input that does not fit is refused at its place', async () => {
  const answer = await post({ ir: ECHO, input: { text: 1, n: 'x' } })
  expect(answer.statusCode).toBe(422)
  expect(answer.json()).toMatchObject({
    type: '/problems/invalid-input',
    errors: [{ path: '/input/n' }, { path: '/input/text' }],
  })
})

test('nobody can pass a value for a stored one', async () => {
  const forged = { $blob: { sha256: '0'.repeat(64), size: 1 } }
  const answer = await post({ ir: ECHO, input: { text: 'x', more: [forged] } })
  expect(answer.json()).toMatchObject({ type: '/problems/invalid-input', errors: [{ path: '/input/more/0' }] })
})

test('a large input is stored beside the run, and what is larger than that is refused with the figure', async () => {
  const large = await post({ ir: ECHO, input: { n: 1, text: 'x'.repeat(50_000) } })
  const { id } = large.json<Run>()
  const pending = (await api().runs.pendingStarts({ olderThanMs: 0, limit: 100 })).find(({ run }) => run.id === id)
  expect(pending?.input).toEqual({ n: 1, text: { $blob: { sha256: expect.any(String), size: 50_002 } } })
  const tooLarge = await post({ ir: ECHO, input: { text: 'x'.repeat(1_100_000) } })
  expect(tooLarge.statusCode).toBe(413)
  expect(tooLarge.json().detail).toContain('1048576')
})

test('a key makes the request safe to repeat: the same answer, and one run', async () => {
  const before = await count()
  const first = await post({ ir: ECHO, input: { n: 1 } }, { 'idempotency-key': 'k-1' })
  const again = await post({ input: { n: 1 }, ir: ECHO }, { 'idempotency-key': '"k-1"' })
  expect([first.statusCode, again.statusCode]).toEqual([201, 201])
  expect(again.json()).toEqual(first.json())
  expect(again.headers.location).toBe(first.headers.location)
  expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([undefined, 'true'])
  expect(await count()).toBe(before + 1)
})

test('a key that was sent with another request is refused', async () => {
  await post({ ir: ECHO, input: { n: 1 } }, { 'idempotency-key': 'k-2' })
  const other = await post({ ir: ECHO, input: { n: 2 } }, { 'idempotency-key': 'k-2' })
  expect(other.statusCode).toBe(422)
  expect(other.json().type).toBe('/problems/idempotency-mismatch')
})

test('a key whose request was refused is free again', async () => {
  expect((await post({ ir: ECHO, input: { n: 'x' } }, { 'idempotency-key': 'k-3' })).statusCode).toBe(422)
  expect((await post({ ir: ECHO, input: { n: 1 } }, { 'idempotency-key': 'k-3' })).statusCode).toBe(201)
})

test('fifty requests with one key at the same time make one run', async () => {
  const before = await count()
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post({ ir: ECHO, input: { n: 1 } }, { 'idempotency-key': 'k-race' })),
  )
  const accepted = answers.filter(({ statusCode }) => statusCode === 201)
  expect(answers.every(({ statusCode }) => statusCode === 201 || statusCode === 409)).toBe(true)
  expect(new Set(accepted.map((answer) => answer.json<Run>().id)).size).toBe(1)
  expect(accepted.filter(({ headers }) => !headers['idempotent-replayed'])).toHaveLength(1)
  expect(await count()).toBe(before + 1)
})

test('fifty requests with one id at the same time make one run', async () => {
  const id = newRunId()
  const answers = await Promise.all(Array.from({ length: 50 }, () => post({ ir: ECHO, id })))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(50).fill(201))
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
})

test('an id of another request is taken', async () => {
  const id = newRunId()
  await post({ ir: ECHO, id })
  const other = await post({ ir: ECHO, id, input: { n: 5 } })
  expect([other.statusCode, other.json().type]).toEqual([409, '/problems/run-exists'])
})

test.each([
  ['two keys', { 'idempotency-key': 'a, b' }],
  ['an empty key', { 'idempotency-key': '' }],
  ['a key that is too long', { 'idempotency-key': 'x'.repeat(256) }],
])('%s are malformed', async (_, headers) => {
  expect((await post({ ir: ECHO }, headers)).json()).toMatchObject({ type: '/problems/malformed-request', status: 400 })
})

test('without an end in the time that was asked for the answer is 202', async () => {
  const answer = await post({ ir: ECHO }, { prefer: 'wait=0' })
  expect([answer.statusCode, answer.headers['preference-applied']]).toEqual([202, 'wait=0'])
  expect(answer.json()).toMatchObject({ status: 'pending' })
})

test.each([
  ['neither a document nor a workflow', {}],
  ['both', { ir: ECHO, workflow: 'x' }],
  ['a field that does not exist', { ir: ECHO, thread: 't' }],
  ['an id with a slash', { ir: ECHO, id: 'a/b' }],
  ['a priority past the last', { ir: ECHO, priority: 6 }],
  ['a tag that is a number', { ir: ECHO, tags: { n: 1 } }],
  ['no object', [1]],
])('%s is malformed', async (_, body) => {
  const answer = await post(body)
  expect([answer.statusCode, answer.json().type]).toEqual([400, '/problems/malformed-request'])
  expect(answer.json().errors.length).toBeGreaterThan(0)
})

test('a stored workflow of that name is not there', async () => {
  const answer = await post({ workflow: 'triage@3' })
  expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/not-found'])
})
