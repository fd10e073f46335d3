import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { playUnder } from './play-under.ts'
import { describeStep, scheduleOf } from './schedule.ts'
import { createWorld, type World } from './world.ts'

/** TREADLE_FAULT_SEEDS="1 2 3": those; `npm run faults -- --seeds 100`. */
const SEEDS = (process.env.TREADLE_FAULT_SEEDS ?? '7 20261127').split(' ').map(Number)

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
