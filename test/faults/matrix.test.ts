import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomFrom } from '../support/random.ts'
import { type Cell, cellOf, cellsIn, faultsPage } from './matrix-page.ts'
import { playUnder } from './play-under.ts'
import { describeHurt, HURTS } from './schedule.ts'
import { createWorld, type World } from './world.ts'

/*
 * Each fault of each part and link alone. `npm run faults -- --matrix` plays all of them and writes docs/faults.md, `npm run test:full` plays all,
 * `npm test` every eleventh.
 */

const WRITES = process.env.TREADLE_FAULT_MATRIX === '1'
const FULL = process.env.TREADLE_TEST_FULL === '1'
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PAGE = `${ROOT}/docs/faults.md`

/** No factor of the three ways to hurt a part, nor of the four for a link: so each way is among them. */
const SAMPLED = 11
const PLAYED = HURTS.map((hurt, index) => ({ hurt, index, name: describeHurt(hurt) })).filter(
  ({ index }) => WRITES || FULL || index % SAMPLED === 0,
)

const LASTS_MS = 2_000
/** By then some runs have ended, some are in the middle, and some have not begun. */
const PAUSE_MS = 2_500

describe('Hurt alone', () => {
  let world: World
  const played = new Map<string, Cell>()
  beforeAll(async () => {
    world = await createWorld()
  }, 300_000)
  afterAll(async () => {
    await world?.stop()
    // Where some rows were chosen (`vitest -t`) the others stay.
    if (WRITES) await writeFile(PAGE, faultsPage(new Map([...cellsIn(await readFile(PAGE, 'utf8')), ...played])))
  })

  test.each(PLAYED)(
    '$name: nothing is lost, nothing is doubled, and everything ends',
    async ({ hurt, index }) => {
      const step = { ...hurt, pauseMs: PAUSE_MS, lastsMs: LASTS_MS }
      const { stories, found, healedToEndMs } = await playUnder(world, [step], randomFrom(index))
      if (found.length > 0) console.error(world.stack.describe())
      expect(found).toEqual([])
      played.set(describeHurt(hurt), cellOf(stories, healedToEndMs))
    },
    400_000,
  )
})

test.skipIf(WRITES)('docs/faults.md is what `npm run faults -- --matrix` writes', async () => {
  const page = await readFile(PAGE, 'utf8')
  expect(page).toBe(faultsPage(cellsIn(page)))
  const named = page.match(/test\/[\w/-]+\.(test\.)?ts/g) ?? []
  for (const file of named) expect([file, existsSync(`${ROOT}/${file}`)]).toEqual([file, true])
})
