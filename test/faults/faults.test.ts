import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { playUnder } from './play-under.ts'
import { describeStep, scheduleOf } from './schedule.ts'
import { createWorld, type World } from './world.ts'

/** TREADLE_FAULT_SEEDS="1 2 3": those; else one that stays, and today's date. `npm run faults -- --seeds 100`. */
const TODAY = new Date().toISOString().slice(0, 10).replaceAll('-', '')
const SEEDS = [...new Set((process.env.TREADLE_FAULT_SEEDS ?? `7 ${TODAY}`).split(' ').map(Number))]

const STEPS = 5

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
    const { found } = await playUnder(world, steps, randomFrom(seed))
    if (found.length > 0) console.error(world.stack.describe())
    expect(found).toEqual([])
  },
  400_000,
)
