import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeKey } from '../api/support/keys.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { ASK, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack({ apiEnv: { TREADLE_API_KEYS: 'required' } })
let key = ''
beforeAll(async () => {
  const admin = new pg.Pool({ connectionString: stack().database.adminUrl, max: 1 })
  key = (await makeKey(admin)).key
  await admin.end()
})
const client = () => createClient(stack().url, { authorization: `Bearer ${key}` })
const folder = fileURLToPath(new URL('../../examples/curl/', import.meta.url))
const ran = new Set<string>()

/** What a script prints. Rejects when it fails. */
async function script(name: string, ...args: string[]): Promise<string> {
  ran.add(name)
  const env = { ...process.env, BASE_URL: stack().url, API_KEY: key }
  return (await promisify(execFile)(`${folder}${name}`, args, { env, timeout: 40_000 })).stdout
}

test('start.sh waits for the result', async () => {
  stack().model.enqueue([{ text: 'Because of Rayleigh.' }])
  const result = JSON.parse(await script('start.sh', 'Why is "the sky" $blue?'))
  expect(result).toMatchObject({ status: 'completed', output: 'Because of Rayleigh.' })
  expect(JSON.stringify(stack().model.requests.at(-1)?.body)).toContain('Why is \\"the sky\\" $blue?')
})

test('stream.sh shows the tokens and ends with the run', async () => {
  stack().model.enqueue([{ text: 'Be' }, { text: 'cause.' }])
  const output = await script('stream.sh')
  expect(output).toContain('event: node.delta')
  expect(output.trimEnd().split('\n').at(-2)).toBe('event: run.completed')
})

test('follow.sh follows several runs, and resume.sh one from the middle', async () => {
  const [one, other] = [
    await client().start({ ir: ASK, input: { question: '1' } }),
    await client().start({ ir: ASK, input: { question: '2' } }),
  ]
  const followed = await script('follow.sh', one.id, other.id)
  expect(followed.match(/^event: run\.completed$/gm)).toHaveLength(2)
  const resumed = await script('resume.sh', one.id, '2')
  expect(resumed.match(/^id: .*$/m)?.[0]).toBe('id: 3')
})

test('approve.sh takes a run through its approval', async () => {
  const output = await script('approve.sh', 'true')
  expect(output).toContain('Pay the money back?')
  expect(output).toContain('/problems/invalid-signal')
  expect(JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    status: 'completed',
    output: { paid: true },
  })
})

test('cancel.sh ends a run', async () => {
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  const output = await script('cancel.sh', id, 'a "reason"')
  expect(JSON.parse(output.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ status: 'cancelled' })
})

test('validate.sh shows each finding with its line', async () => {
  const { ok, diagnostics } = JSON.parse(await script('validate.sh'))
  expect(ok).toBe(false)
  const lines = diagnostics.map(({ range }: { range?: { start: { line: number } } }) => range?.start.line)
  expect(lines).toEqual(expect.arrayContaining([4, 6]))
})

test('checkpoints.sh shows the points, the state and the graph of a run', async () => {
  const { id } = await client().start({ ir: ASK, input: { question: 'points' } })
  await client().result(id)
  const [points, state, graph] = (await script('checkpoints.sh', id)).split('\n').filter((line) => line.startsWith('{'))
  expect(JSON.parse(points ?? '').items).toMatchObject([{ node: 'answer' }])
  expect(JSON.parse(state ?? '').nodes.answer.output).toEqual(expect.any(String))
  expect(JSON.parse(graph ?? '').nodes).toMatchObject([{ id: 'answer', status: 'completed' }])
})

test('fork.sh goes on from a checkpoint with another output', async () => {
  const lines = (await script('fork.sh')).split('\n').filter((line) => line.startsWith('{'))
  const [first, fork, events] = lines.map((line) => JSON.parse(line))
  expect(first).toMatchObject({ status: 'completed' })
  expect(fork).toMatchObject({ status: 'completed', output: { hero: 'A weaver who never sleeps.' } })
  // The last event comes whatever is asked for.
  expect(events.items.map(({ node }: { node?: string }) => node)).toEqual(['chosen', 'hero', undefined])
})

test('upload.sh sends a value, starts a run with it, and gets a part of it back', async () => {
  const lines = (await script('upload.sh')).split('\n').filter(Boolean)
  const [blob, result, part] = lines.filter((line) => !line.endsWith(':'))
  expect(JSON.parse(blob ?? '')).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(JSON.parse(result ?? '')).toMatchObject({ status: 'completed', output: { entries: 50_000 } })
  expect(part).toContain('["entry 0"')
})

test('idempotent-start.sh makes one run of two requests', async () => {
  const output = await script('idempotent-start.sh')
  const ids = output.match(/"id":"[^"]+"/g)
  expect(ids).toHaveLength(2)
  expect(new Set(ids).size).toBe(1)
  expect(output.toLowerCase()).toContain('idempotent-replayed: true')
})

test('store-workflow.sh keeps two versions, and starts what its label stands for', async () => {
  const output = await script('store-workflow.sh')
  expect(output).toContain('"output":"Hello Ada"')
  expect(output).toContain('"output":"Good morning Ada"')
  expect(output).toContain('"labels":{"live":2}')
})

test('pause.sh pauses a run and lets it go on', async () => {
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  expect(await script('pause.sh', id)).toMatch(/"status":"\w+".*\n.*"status":"\w+"/)
  const events = await followUntil(client(), id, 'run.resumed')
  expect(events.map(({ type }) => type)).toContain('run.paused')
  await client().post(`/runs/${id}/cancel`, {})
})

test('list.sh lists every run of a tag, over its pages', async () => {
  const runs = await Promise.all(
    Array.from({ length: 23 }, () => client().start({ ir: WAIT, tags: { listed: 'yes &=' } })),
  )
  const output = await script('list.sh', 'listed=yes &=')
  expect(output.match(/^run_\w+/gm)?.sort()).toEqual(runs.map(({ id }) => id).sort())
})

test('ticket.sh opens a stream without a key', async () => {
  const { id } = await client().start({ ir: ASK, input: { question: 'ticket' } })
  const output = await script('ticket.sh', id)
  expect(output).toContain('"ticket":"tt_')
  expect(output).toContain('event: run.completed')
})

test('look.sh shows how a run stands, and that it has not changed', async () => {
  const { id } = await client().start({ ir: WAIT })
  await followUntil(client(), id, 'run.waiting')
  const [run, status, ...parts] = (await script('look.sh', id)).trimEnd().split('\n')
  const [state, pending, log] = parts.map((part) => JSON.parse(part))
  expect([JSON.parse(run ?? ''), status]).toMatchObject([{ id, status: 'waiting' }, '304'])
  expect([state, pending]).toMatchObject([{ status: 'waiting' }, { items: [{ node: 'decision', signal: 'approve' }] }])
  expect(log.items[0]).toMatchObject({ seq: 1, type: 'run.created' })
})

test('rerun.sh executes what failed once more', async () => {
  stack().model.enqueue([{ error: { status: 401, message: 'no such key' } }])
  const { id } = await client().start({ ir: ASK, input: { question: 'again' } })
  expect(await client().result(id)).toMatchObject({ status: 'failed' })
  expect(JSON.parse(await script('rerun.sh', id))).toMatchObject({ status: 'completed' })
})

test('erase.sh leaves nothing of a run', async () => {
  const { id } = await client().start({ ir: WAIT })
  const output = await script('erase.sh', id)
  expect(JSON.parse(output.split('\n')[0] ?? '')).toMatchObject({ id, status: 'cancelled' })
  expect(output).toContain('404')
})

afterAll(() => {
  expect([...ran].sort()).toEqual(readdirSync(folder).filter((name) => name.endsWith('.sh')))
})
