import { setTimeout as sleep } from 'node:timers/promises'
import type { Run, RunPage } from '@treadle/contract'
import { expect, test } from 'vitest'
import { rowsOf } from '../support/database.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { ECHO } from './support/documents.ts'
import { send } from './support/keyed.ts'

const stack = useStack({ postgres: 'own' })
const CLIENTS = 20
const RUNS = 5_000
/** By turns of the API and of Postgres, evenly over the runs. */
const KILLS = 6
/** What is accepted is a promise; to execute so many takes a while. */
const LATER = '2999-01-01T00:00:00.000Z'

test('of thousands of runs that were accepted while the API and Postgres are killed none is lost, and none is there twice', {
  timeout: 600_000,
}, async () => {
  const { url, api, postgres } = stack()
  const told = new Map<string, string>()
  let next = 0
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (next < RUNS) {
      const key = `accepted-${next++}`
      told.set(key, await startUntilAccepted(key))
    }
  })
  const killing = async () => {
    for (let kill = 1; kill <= KILLS; kill += 1) {
      while (told.size < (kill * RUNS) / (KILLS + 1)) await sleep(5)
      const part = kill % 2 === 0 ? postgres : api
      await part?.kill()
      await part?.restart()
    }
  }
  await Promise.all([...clients, killing()])

  const rows = await rowsOf<{ key: string; id: string }>(stack(), "select tags ->> 'key' as key, id from treadle.runs")
  expect(rows).toHaveLength(RUNS)
  expect(Object.fromEntries(rows.map(({ key, id }) => [key, id]))).toEqual(Object.fromEntries(told))
  expect((await listed(url)).sort()).toEqual([...told.values()].sort())
})

/** Asks again, under the same key, for as long as there is no answer or one that says to. */
async function startUntilAccepted(key: string): Promise<string> {
  for (;;) {
    const answer = await send(stack().url, '/runs', { ir: ECHO, tags: { key }, startAt: LATER }, key)
    if (answer !== 'cut off' && answer.status === 201) return (answer.body as Run).id
    if (answer !== 'cut off') expect([409, 429, 503]).toContain(answer.status)
    await sleep(50)
  }
}

async function listed(url: string): Promise<string[]> {
  const ids: string[] = []
  for (let cursor = ''; ; ) {
    const page = (await (await createClient(url).get(`/runs?limit=100${cursor}`)).json()) as RunPage
    ids.push(...page.items.map(({ id }) => id))
    if (!page.nextCursor) return ids
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
  }
}
