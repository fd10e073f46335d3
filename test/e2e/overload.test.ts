import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { endFaults, stuckRuns } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient } from './support/client.ts'
import { ECHO } from './support/documents.ts'

/** So low that any machine can be driven past it. An idle loop is late by some 10 ms here, since it is looked at every 10. */
const LATE_MS = '40'
const stack = useStack({ apiEnv: { TREADLE_EVENT_LOOP_DELAY_MS_MAX: LATE_MS, TREADLE_RECONCILE_INTERVAL_MS: '200' } })
const client = () => createClient(stack().url)

const LANES = 60
/** All lanes go on until so many of their requests were turned away. */
const SHED_MIN = 200
/** Of so many requests one starts a run; the others are work for the API alone. */
const RUN_EVERY = 10

const LARGE = {
  ir: 'treadle/v1',
  name: 'large',
  nodes: Object.fromEntries(
    Array.from({ length: 300 }, (_, n) => [`n${n}`, { kind: 'set', value: `\${input.n + ${n}}` }]),
  ),
}

test('past its limit it turns requests away with a time to come back, says that it is not ready, and finishes what it accepted', {
  timeout: 240_000,
}, async () => {
  const accepted: { id: string; n: number }[] = []
  const shed: { status: number; retryAfter: string | null }[] = []
  const readiness: number[] = []
  let isOver = false
  const lane = async (_: unknown, index: number) => {
    for (let n = index; shed.length < SHED_MIN; n += LANES) {
      const isRun = n % RUN_EVERY === 0
      const answer = isRun
        ? await client().post('/runs', { ir: ECHO, input: n })
        : await client().post('/validate', { ...LARGE, name: `large-${n}` })
      const body = (await answer.json()) as { id: string }
      if (answer.status === 201) accepted.push({ id: body.id, n })
      else if (answer.status !== 200)
        shed.push({ status: answer.status, retryAfter: answer.headers.get('retry-after') })
    }
  }
  const watch = (async () => {
    for (; !isOver; await sleep(20)) readiness.push((await client().get('/readyz')).status)
  })()
  await Promise.all(Array.from({ length: LANES }, lane))
  isOver = true
  await watch

  for (const { status, retryAfter } of shed) {
    expect([429, 503]).toContain(status)
    expect(Number(retryAfter)).toBeGreaterThan(0)
  }
  expect(new Set(readiness)).toContain(503)
  await expect.poll(async () => (await client().get('/readyz')).status, { timeout: 30_000 }).toBe(200)

  expect(accepted.length).toBeGreaterThan(0)
  await expect.poll(() => stuckRuns(stack()), { timeout: 120_000, interval: 1_000 }).toEqual([])
  const calm = createClient((await stack().startApi({ TREADLE_EVENT_LOOP_DELAY_MS_MAX: '0' })).url)
  for (const { id, n } of accepted) {
    expect(await calm.result(id)).toMatchObject({ status: 'completed', output: n })
    expect(await endFaults(stack(), await collect(calm.follow(id)))).toEqual([])
  }
  const stored = await rowsOf<{ count: number }>(stack(), 'select count(*)::int from treadle.runs')
  expect(stored).toEqual([{ count: accepted.length }])
})
