import { setTimeout as delay } from 'node:timers/promises'
import type { Run, RunPage } from '@treadle/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { randomFrom } from '../support/random.ts'
import type { Stack } from '../support/stack.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf, typesOf } from './support/client.ts'
import { ECHO, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'
import { send, sendUntilAnswered } from './support/keyed.ts'

/**
 * Every request that has an effect has it once, and one answer, though two API processes are asked at the same time under one key, and one
 * of them dies between any two of its steps. `POST /runs` has its races in idempotency.test.ts.
 */

const FULL = process.env.TREADLE_TEST_FULL === '1'
const stack = useStack({ apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' } })
const client = () => createClient(stack().url)

type Asked = { path: string; body: object; method?: string }

type Effect = {
  /** Where the process may die, in the order of the steps. */
  points: string[]
  /** Makes what it is done to. `name` is given once. */
  prepare(name: string): Promise<Asked>
  /** Fails unless it happened, and once. */
  check(asked: Asked, name: string): Promise<void>
}

/** Two people are waited for, one after the other. */
const TWICE = {
  ir: 'treadle/v1',
  name: 'twice',
  nodes: {
    first: { kind: 'receive', signal: 'go' },
    second: { kind: 'receive', signal: 'approve', after: ['first'] },
  },
  output: '${nodes.second}',
}

async function waiting(ir: object = WAIT): Promise<string> {
  const { id } = await client().start({ ir })
  await followUntil(client(), id, 'run.waiting')
  return id
}

async function paused(): Promise<string> {
  const id = await waiting()
  await client().post(`/runs/${id}/pause`)
  await followUntil(client(), id, 'run.paused')
  return id
}

const runOf = ({ path }: Asked) => path.split('/')[2] ?? ''

/** What the run itself went through, once whoever it waits for has come. */
async function course(id: string): Promise<string[]> {
  await client().post(`/runs/${id}/signals/approve`, { ok: true })
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  return typesOf(events).filter((type) => type.startsWith('run.'))
}

async function endsOnceAs(id: string, data: object) {
  const events = await collect(client().follow(id))
  expect(faultsOf(events)).toEqual([])
  expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data })
}

async function received(id: string, signal: string): Promise<number> {
  const events = await collect(client().follow(id))
  return events.filter(({ type, data }) => type === 'signal.received' && (data as { name: string }).name === signal)
    .length
}

const forksOf = async (id: string) =>
  ((await (await client().get(`/runs?forkedFrom=${id}`)).json()) as RunPage).items.length

const completed = async (): Promise<Run> => {
  const run = await client().start({ ir: ECHO, input: 1 })
  await client().result(run.id)
  return run
}

const BEGUN = ['run.created', 'run.started', 'run.waiting']
/** Of a run that was paused and resumed once while somebody was waited for. */
const PAUSED_ONCE = [...BEGUN, 'run.paused', 'run.resumed', 'run.waiting', 'run.resumed', 'run.completed']
const KEYED = (...points: string[]) => ['key.claimed', ...points, 'key.answered']

const EFFECTS: Record<string, Effect> = {
  cancel: {
    points: KEYED('cancel.flagged', 'cancel.told'),
    prepare: async () => ({ path: `/runs/${await waiting()}/cancel`, body: { reason: 'once' } }),
    check: (asked) => endsOnceAs(runOf(asked), { reason: 'once' }),
  },
  terminate: {
    points: KEYED('terminate.told', 'terminate.closed'),
    prepare: async () => ({ path: `/runs/${await waiting()}/terminate`, body: { reason: 'at once' } }),
    check: (asked) => endsOnceAs(runOf(asked), { forced: true, reason: 'at once' }),
  },
  pause: {
    points: KEYED('pause.flagged', 'pause.told'),
    prepare: async () => ({ path: `/runs/${await waiting()}/pause`, body: {} }),
    async check(asked) {
      const id = runOf(asked)
      await followUntil(client(), id, 'run.paused')
      await client().post(`/runs/${id}/resume`)
      await followUntil(client(), id, 'run.resumed')
      expect(await course(id)).toEqual(PAUSED_ONCE)
    },
  },
  resume: {
    points: KEYED('resume.flagged', 'resume.told'),
    prepare: async () => ({ path: `/runs/${await paused()}/resume`, body: {} }),
    async check(asked) {
      const id = runOf(asked)
      await followUntil(client(), id, 'run.resumed')
      expect(await course(id)).toEqual(PAUSED_ONCE)
    },
  },
  'signal that somebody waits for': {
    points: KEYED('signal.checked', 'signal.kept', 'signal.sent', 'signal.received'),
    prepare: async () => ({ path: `/runs/${await waiting()}/signals/approve`, body: { ok: true } }),
    async check(asked) {
      expect(await client().result(runOf(asked))).toMatchObject({ status: 'completed', output: { ok: true } })
      expect(await received(runOf(asked), 'approve')).toBe(1)
    },
  },
  'signal that comes early': {
    points: KEYED('signal.checked', 'signal.kept', 'signal.sent', 'signal.received'),
    prepare: async () => ({ path: `/runs/${await waiting(TWICE)}/signals/approve`, body: { early: true } }),
    async check(asked) {
      await client().post(`/runs/${runOf(asked)}/signals/go`, {})
      expect(await client().result(runOf(asked))).toMatchObject({ status: 'completed', output: { early: true } })
      expect(await received(runOf(asked), 'approve')).toBe(1)
    },
  },
  'signal before the run begins': {
    points: KEYED('signal.checked', 'signal.kept'),
    async prepare() {
      const { id } = await client().start({ ir: WAIT, startAt: new Date(Date.now() + 3_600_000).toISOString() })
      return { path: `/runs/${id}/signals/approve`, body: { ok: true } }
    },
    async check(asked) {
      const page = (await (await client().get(`/runs/${runOf(asked)}/events`)).json()) as { items: { type: string }[] }
      expect(page.items.map(({ type }) => type)).toEqual(['run.created', 'signal.received'])
    },
  },
  fork: {
    points: ['run.checked', 'run.stored', 'run.told', 'run.marked'],
    prepare: async () => ({ path: `/runs/${(await completed()).id}/fork`, body: { from: 1 } }),
    check: async (asked) => expect(await forksOf(runOf(asked))).toBe(1),
  },
  rerun: {
    points: ['run.checked', 'run.stored', 'run.told', 'run.marked'],
    prepare: async () => ({ path: `/runs/${(await completed()).id}/rerun`, body: {} }),
    check: async (asked) => expect(await forksOf(runOf(asked))).toBe(1),
  },
  'large value': {
    points: ['blob.stored'],
    prepare: async (name) => ({ path: '/blobs', body: { name } }),
    async check({ body }, name) {
      const { sha256 } = (await sendUntilAnswered(stack().url, '/blobs', body, name)).body as { sha256: string }
      expect(await (await client().get(`/blobs/${sha256}`)).json()).toEqual(body)
    },
  },
  'version of a workflow': {
    points: ['workflow.checked', 'workflow.stored'],
    prepare: async (name) => ({ method: 'PUT', path: `/workflows/${name}`, body: { ...ECHO, name } }),
    async check({ path }) {
      const versions = (await (await client().get(`${path}/versions`)).json()) as { items: object[] }
      expect(versions.items).toMatchObject([{ version: 1 }])
    },
  },
  label: {
    points: ['label.moved'],
    async prepare(name) {
      await send(stack().url, `/workflows/${name}`, { ...ECHO, name }, name, 'PUT')
      return { method: 'PUT', path: `/workflows/${name}/labels/live`, body: { version: 1 } }
    },
    async check({ path }) {
      const workflow = await (await client().get(path.replace('/labels/live', ''))).json()
      expect(workflow).toMatchObject({ version: 1, labels: { live: 1 } })
    },
  },
}

const each = Object.entries(EFFECTS)

/** Of all who ask under one key at the same time. */
function expectOneAnswer(answers: readonly Awaited<ReturnType<typeof send>>[], { method = 'POST' }: Asked): void {
  const given = answers.flatMap((answer) => (answer === 'cut off' ? [] : [answer]))
  const done = given.filter(({ status }) => status < 400)
  for (const { status } of given) expect([200, 201, 202, 409]).toContain(status)
  expect(done.length).toBeGreaterThan(0)
  // A PUT is the same again by itself: it says 200 then.
  const said = done.map(({ status, body }) => JSON.stringify(method === 'PUT' ? pointOf(body) : [status, body]))
  expect(new Set(said).size).toBe(1)
  if (method === 'POST') expect(done.filter(({ isReplay }) => !isReplay).length).toBeLessThanOrEqual(1)
}

/** Of a workflow what does not change. */
const pointOf = (body: unknown) => (body as { version: number }).version

describe.each(each)('A %s, whose process dies', (kind, { points, prepare, check }) => {
  test.concurrent.each(points)('at %s', { timeout: 120_000 }, async (point) => {
    const name = `${kind.replaceAll(' ', '-')}-at-${point.replace('.', '-')}`
    const asked = await prepare(name)
    const { path, body, method } = asked
    const api = await stack().startApi({ NODE_ENV: 'test', TREADLE_CRASH_AT: point })
    const first = await send(api.url, path, body, name, method)
    await api.service.child.exited
    const answers = [
      first,
      ...(await Promise.all([1, 2, 3].map(() => sendUntilAnswered(stack().url, path, body, name, method)))),
    ]
    expectOneAnswer(answers, asked)
    await check(asked, name)
  })
})

describe('Races', () => {
  let other: Awaited<ReturnType<Stack['startApi']>>
  beforeAll(async () => {
    other = await stack().startApi()
  })
  /** Of each kind. */
  const RACES = FULL ? 50 : 10
  const AT_ONCE = 10
  const KILLED_EVERY = 10

  test.each(each)('%s', { timeout: 300_000 }, async (kind, { prepare, check }) => {
    for (let seed = 1; seed <= RACES; seed += AT_ONCE) {
      const seeds = Array.from({ length: AT_ONCE }, (_, n) => seed + n)
      const isKilled = seeds.some((each) => each % KILLED_EVERY === 0)
      const raced = seeds.map(async (each) => {
        const random = randomFrom(each)
        const name = `${kind.replaceAll(' ', '-')}-race-${each}`
        const asked = await prepare(name)
        const answers = Array.from({ length: 2 + random(5) }, async (_, n) => {
          const url = n === 0 || random(2) === 0 ? other.url : stack().url
          await delay(random(20))
          return send(url, asked.path, asked.body, name, asked.method)
        })
        return { name, asked, answers: await Promise.all(answers) }
      })
      if (isKilled) {
        await Promise.race(raced)
        await other.service.kill()
        await other.service.restart()
      }
      for (const { name, asked, answers } of await Promise.all(raced)) {
        const last = await sendUntilAnswered(stack().url, asked.path, asked.body, name, asked.method)
        expectOneAnswer([...answers, last], asked)
        await check(asked, name)
      }
    }
  })
})

test('a pause that is asked for again after somebody resumed the run pauses it no more', async () => {
  const id = await waiting()
  const api = await stack().startApi({ NODE_ENV: 'test', TREADLE_CRASH_AT: 'pause.told' })
  expect(await send(api.url, `/runs/${id}/pause`, {}, 'pause-late')).toBe('cut off')
  await followUntil(client(), id, 'run.paused')
  await client().post(`/runs/${id}/resume`)
  await followUntil(client(), id, 'run.resumed')

  const again = await sendUntilAnswered(stack().url, `/runs/${id}/pause`, {}, 'pause-late')
  expect(again.status).toBe(202)
  const rows = await rowsOf(stack(), 'select pause_requested from treadle.runs where id = $1', [id])
  expect(rows).toEqual([{ pause_requested: false }])
  expect(await course(id)).toEqual([
    ...BEGUN,
    'run.paused',
    'run.resumed',
    'run.waiting',
    'run.resumed',
    'run.completed',
  ])
})
