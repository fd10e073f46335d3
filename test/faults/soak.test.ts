import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { heldSessions, stuckRuns } from '../support/invariants.ts'
import { type ProcessUse, processUse } from '../support/process-use.ts'
import { randomFrom } from '../support/random.ts'
import { violations } from './check.ts'
import { play, type Story } from './client.ts'
import { PROGRAMS } from './programs.ts'
import { createWorld, type World } from './world.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
/** After each, all runs have ended and what is held is counted. The first one warms everything up. */
const ROUNDS = FULL ? 6 : 4
const ROUND_MS = FULL ? 150_000 : 10_000
const LANES = 6
/** After an end, before what is held is counted: idle connections are closed by then. */
const SETTLE_MS = FULL ? 15_000 : 5_000

/** Memory of a process over its rounds: a leak of so much of it by each round would be seen. Garbage alone makes it waver by this. */
const GROWTH_MAX = FULL ? 1.15 : 1.3
const HANDLES_MORE_MAX = 10
/** Pools of the API and three workers, at the most. */
const SESSIONS_MAX = 60

let world: World
beforeAll(async () => {
  world = await createWorld()
}, 300_000)
afterAll(() => world?.stop())

type Sample = { sessions: number; processes: Record<string, ProcessUse> }

test('under a mixed load without a break, memory, connections and file handles stay as they are', {
  timeout: ROUNDS * (ROUND_MS + SETTLE_MS + 120_000),
}, async () => {
  const random = randomFrom(7)
  const samples: Sample[] = []
  let runs = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const stories = await playFor(ROUND_MS, random)
    runs += stories.length
    const found: string[] = []
    const persist = { deadlineMs: performance.now() + 60_000 }
    for (const story of stories.slice(0, PROGRAMS.length)) found.push(...(await violations(world, story, persist)))
    expect(found).toEqual([])
    await sleep(SETTLE_MS)
    samples.push(await takeSample())
  }
  console.log(`${runs} runs`, JSON.stringify(samples))
  expect(await stuckRuns(world.stack)).toEqual([])
  expect(await heldSessions(world.stack)).toEqual([])

  const [, second, ...later] = samples
  const last = later.at(-1)
  for (const [name, { residentMiB, handles }] of Object.entries(second?.processes ?? {})) {
    const end = last?.processes[name]
    expect([name, (end?.residentMiB ?? 0) / (residentMiB || 1)]).toEqual([
      name,
      expect.toSatisfy((by) => by <= GROWTH_MAX),
    ])
    expect([name, (end?.handles ?? 0) - handles]).toEqual([name, expect.toSatisfy((more) => more <= HANDLES_MORE_MAX)])
  }
  for (const { sessions } of samples) expect(sessions).toBeLessThanOrEqual(SESSIONS_MAX)
})

/** Lanes that play one program after the other until the time is over. */
async function playFor(ms: number, random: (below: number) => number): Promise<Story[]> {
  const { url, tools } = world.stack
  const until = performance.now() + ms
  const client = { url, toolsUrl: tools.url, random, deadlineMs: until + 60_000 }
  const stories: Story[] = []
  const lane = async (_: unknown, index: number) => {
    for (let next = index; performance.now() < until; next += 1) {
      const program = PROGRAMS[next % PROGRAMS.length]
      if (program) stories.push(await play(program, client))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return stories
}

async function takeSample(): Promise<Sample> {
  const { api, workers } = world.stack
  const [row] = await rowsOf<{ count: number }>(
    world.stack,
    'select count(*)::int from pg_stat_activity where datname = current_database()',
  )
  const processes = [api, ...workers].map(({ name, child }) => [name, processUse(child.pid)] as const)
  return { sessions: row?.count ?? 0, processes: Object.fromEntries(processes) }
}
