import type { Run } from '@treadle/contract'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import type { Stack } from '../support/stack.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf } from './support/client.ts'
import { ASK, WAIT } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'
import { send, sendUntilAnswered } from './support/keyed.ts'

/**
 * A request with a key is executed once, whoever dies in between: two API processes, one of which is killed at every step of a request, and
 * at random ones; whoever never saw an answer sends it again to the other.
 */

const stack = useStack({ apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' } })
const client = () => createClient(stack().url)

let database: pg.Pool
beforeAll(() => {
  database = new pg.Pool({ connectionString: stack().database.adminUrl, max: 1 })
  database.on('error', () => {})
})
afterAll(() => database.end())

const runsOfTag = async (tag: string): Promise<string[]> => {
  const { rows } = await database.query<{ id: string }>("select id from treadle.runs where tags ->> 'case' = $1", [tag])
  return rows.map(({ id }) => id)
}

const startOf = (tag: string) => ({ ir: ASK, input: { question: tag }, tags: { case: tag } })

/** How often the model was asked for the run of this tag: what it costs to start twice. */
const asked = (tag: string) =>
  stack().model.requests.filter(({ body }) => JSON.stringify(body).includes(`Question: ${tag}"`)).length

const countOf = async (id: string, type: string): Promise<number> =>
  (await collect(client().follow(id))).filter((event) => event.type === type).length

/** A second API that dies at `point`. */
const dying = (point: string) => stack().startApi({ NODE_ENV: 'test', TREADLE_CRASH_AT: point })

describe('Starting a run', () => {
  test.concurrent.each(['run.checked', 'run.stored', 'run.told', 'run.marked'])(
    'whoever dies at %s: one run',
    async (point) => {
      const tag = `died-at-${point}`
      const api = await dying(point)
      const first = await send(api.url, '/runs', startOf(tag), tag)
      if (point === 'run.told' || point === 'run.marked')
        await api.service.child.exited // It may have answered before.
      else expect(first).toBe('cut off')

      const answer = await sendUntilAnswered(stack().url, '/runs', startOf(tag), tag)
      const { id } = answer.body as Run
      expect([answer.status, answer.isReplay]).toEqual([201, point !== 'run.checked'])
      expect(await runsOfTag(tag)).toEqual([id])
      expect(await client().result(id)).toMatchObject({ status: 'completed' })
      expect(faultsOf(await collect(client().follow(id)))).toEqual([])
      expect(asked(tag)).toBe(1)
    },
  )

  test('a run whose process died before it told Temporal is started by another one, without being asked again', async () => {
    const api = await dying('run.stored')
    await send(api.url, '/runs', startOf('left-alone'), 'left-alone')
    const [id = ''] = await runsOfTag('left-alone')
    expect(await client().result(id)).toMatchObject({ status: 'completed' })
  })
})

describe('Sending a signal', () => {
  test.concurrent.each(['key.claimed', 'signal.checked', 'signal.sent', 'signal.received', 'key.answered'])(
    'whoever dies at %s: it is received once',
    async (point) => {
      const { id } = await client().start({ ir: WAIT })
      await followUntil(client(), id, 'run.waiting')
      const path = `/runs/${id}/signals/approve`
      const api = await dying(point)
      expect(await send(api.url, path, { ok: true }, point)).toBe('cut off')

      const answer = await sendUntilAnswered(stack().url, path, { ok: true }, point)
      expect([answer.status, answer.isReplay]).toEqual([202, point === 'key.answered'])
      expect(await client().result(id)).toMatchObject({ status: 'completed', output: { ok: true } })
      expect(await countOf(id, 'signal.received')).toBe(1)
      const other = await sendUntilAnswered(stack().url, path, { ok: false }, point)
      expect(other).toMatchObject({ status: 422, body: { type: '/problems/idempotency-mismatch' } })
    },
  )
})

describe('Cancelling', () => {
  test.concurrent.each(['key.claimed', 'cancel.flagged', 'cancel.told', 'key.answered'])(
    'whoever dies at %s: it ends once, for the reason that was given first',
    async (point) => {
      const { id } = await client().start({ ir: WAIT })
      await followUntil(client(), id, 'run.waiting')
      const api = await dying(point)
      expect(await send(api.url, `/runs/${id}/cancel`, { reason: 'once' }, point)).toBe('cut off')
      const answer = await sendUntilAnswered(stack().url, `/runs/${id}/cancel`, { reason: 'once' }, point)
      expect(answer.status).toBe(202)
      const events = await collect(client().follow(id))
      expect(faultsOf(events)).toEqual([])
      expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', data: { reason: 'once' } })
    },
  )
})

describe('Races', () => {
  let other: Awaited<ReturnType<Stack['startApi']>>
  beforeAll(async () => {
    other = await stack().startApi()
  })

  const RACES = process.env.TREADLE_TEST_FULL === '1' ? 50 : 20

  test('one key, two processes, several senders, and one process that is killed now and then', {
    timeout: 240_000,
  }, async () => {
    const kills: string[] = []
    for (let seed = 1; seed <= RACES; seed++) {
      const random = randomFrom(seed)
      const tag = `race-${seed}.`
      const senders = 2 + random(7)
      const isOther = (n: number) => n > 0 && random(100) < 15
      const isKilled = seed % 5 === 0
      const sends = Array.from({ length: senders }, async (_, n) => {
        const url = random(2) === 0 ? stack().url : other.url
        const body = isOther(n) ? startOf(`another-of-${seed}.`) : startOf(tag)
        await new Promise((resolve) => setTimeout(resolve, random(30)))
        return { body, answer: await send(url, '/runs', body, tag) }
      })
      if (isKilled) {
        await new Promise((resolve) => setTimeout(resolve, random(40)))
        await other.service.kill()
        kills.push(tag)
      }
      const answers = await Promise.all(sends)
      if (isKilled) await other.service.restart()

      const last = await sendUntilAnswered(stack().url, '/runs', startOf(tag), tag)
      const made = [...(await runsOfTag(tag)), ...(await runsOfTag(`another-of-${seed}.`))]
      expect([seed, made]).toEqual([seed, [expect.any(String)]])
      const winner = answers.flatMap(({ body, answer }) =>
        answer !== 'cut off' && answer.status === 201 ? [{ body, answer }] : [],
      )
      for (const { answer } of winner) expect((answer.body as Run).id).toBe(made[0])
      // Two bodies never get one answer: whichever came first has the key, and the other is told so.
      expect(new Set(winner.map(({ body }) => JSON.stringify(body))).size).toBeLessThanOrEqual(1)
      expect(winner.filter(({ answer }) => !answer.isReplay).length).toBeLessThanOrEqual(1)
      const refused = answers.flatMap(({ answer }) => (answer === 'cut off' || answer.status === 201 ? [] : [answer]))
      for (const { status } of refused) expect([409, 422]).toContain(status)
      expect([201, 422]).toContain(last.status)
      expect(await client().result(made[0] ?? '')).toMatchObject({ status: 'completed' })
      expect(asked(tag) + asked(`another-of-${seed}.`)).toBe(1)
    }
    expect(kills).toHaveLength(RACES / 5)
  })
})
