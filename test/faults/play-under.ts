import { setTimeout as sleep } from 'node:timers/promises'
import { stuckRuns } from '../support/invariants.ts'
import { violations, violationsOfWorld } from './check.ts'
import { play, type Story } from './client.ts'
import { PROGRAMS } from './programs.ts'
import type { Step } from './schedule.ts'
import type { World } from './world.ts'

/** Every run ends, and every client has its answer, within so long after the last part is whole. */
const HEAL_MS = 60_000
/** What it takes to kill a part, and to start it again, at the most. */
const STEP_MS = 10_000
const PLAYS_OF_EACH = 2

export type Played = {
  stories: Story[]
  found: string[]
  /** From the end of the last step to when the last client had all its answers. Below 0: it had them before. */
  healedToEndMs: number
}

/** Plays every program while the steps are taken, and tells what the clients saw, and what should not have been. */
export async function playUnder(
  world: World,
  steps: readonly Step[],
  random: (below: number) => number,
): Promise<Played> {
  const lastMs = steps.reduce((ms, { pauseMs, lastsMs }) => ms + pauseMs + lastsMs + STEP_MS, 0)
  const deadlineMs = performance.now() + lastMs + HEAL_MS
  const client = { url: world.stack.url, toolsUrl: world.stack.tools.url, random, deadlineMs }
  const playing = Promise.all(
    Array.from({ length: PLAYS_OF_EACH }, () => PROGRAMS)
      .flat()
      .map(async (program) => {
        await sleep(random(4_000))
        return play(program, client)
      }),
  )
  playing.catch(() => {}) // It is awaited below, when all parts are whole again.
  for (const step of steps) {
    await sleep(step.pauseMs)
    await world.apply(step)
  }
  const healedAt = performance.now()
  const stories = await playing.catch(async (error: Error) => {
    throw new Error([error.message, ...(await stuckRuns(world.stack))].join('\n'))
  })
  const healedToEndMs = performance.now() - healedAt
  const found: string[] = []
  for (const story of stories) found.push(...(await violations(world, story, { deadlineMs: deadlineMs + HEAL_MS })))
  const runs = stories.flatMap(({ runId, fork }) => (fork ? [runId, fork.runId] : [runId]))
  return { stories, healedToEndMs, found: [...found, ...(await violationsOfWorld(world, runs))] }
}
