import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { violations } from './check.ts'
import { play } from './client.ts'
import { PROGRAMS } from './programs.ts'
import { describeStep, scheduleOf } from './schedule.ts'
import { createWorld, type World } from './world.ts'

/** TREADLE_FAULT_SEEDS="1 2 3": those; else one that stays, and today's date. `npm run faults -- --seeds 100`. */
const SEEDS = (process.env.TREADLE_FAULT_SEEDS ?? `7 ${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`)
  .split(' ')
  .map(Number)

const STEPS = 5
/** Every run ends, and every client has its answer, within so long after the last part is whole. */
const HEAL_MS = 60_000

let world: World
beforeAll(async () => {
  world = await createWorld()
}, 300_000)
afterAll(() => world?.stop())

test.each(SEEDS)(
  'seed %i: whatever is hurt, nothing is lost, nothing is doubled, and everything ends',
  async (seed) => {
    const steps = scheduleOf(seed, STEPS)
    console.log(`Seed ${seed}:\n${steps.map(describeStep).join('\n')}`)
    const random = randomFrom(seed)
    const deadlineMs =
      performance.now() + steps.reduce((ms, { pauseMs, lastsMs }) => ms + pauseMs + lastsMs + 10_000, 0) + HEAL_MS
    const client = { url: world.stack.url, toolsUrl: world.stack.tools.url, random, deadlineMs }
    const playing = Promise.all(
      [...PROGRAMS, ...PROGRAMS].map(async (program) => {
        await sleep(random(4_000))
        return play(program, client)
      }),
    )
    playing.catch(() => {}) // It is awaited below, when all parts are whole again.
    for (const step of steps) {
      await sleep(step.pauseMs)
      await world.apply(step)
    }
    const stories = await playing
    const found: string[] = []
    for (const story of stories) found.push(...(await violations(world, story, deadlineMs + HEAL_MS)))
    expect(found).toEqual([])
  },
  400_000,
)
