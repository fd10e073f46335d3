import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { endFaults, eventsOf } from '../support/invariants.ts'
import { useStack } from '../support/use-stack.ts'
import { createClient, textOf } from './support/client.ts'
import { ASK, WAIT } from './support/documents.ts'
import { followFrames } from './support/frames.ts'

const stack = useStack({ postgres: 'own', apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' } })
const RUNS = 10
const words = Array.from({ length: 60 }, (_, index) => `w${index} `)

test('Postgres is killed twice while runs stream: every log is whole, nothing that was seen changes, and nobody else dies', {
  timeout: 180_000,
}, async () => {
  const { url, model, postgres, api, workers } = stack()
  const client = createClient(url)
  model.when(
    { prompt: 'restart' },
    words.flatMap((text) => [{ text }, { delayMs: 60 }]),
  )
  const ids = await Promise.all(
    Array.from({ length: RUNS }, async () => (await client.start({ ir: ASK, input: { question: 'restart' } })).id),
  )
  const waiting = await client.start({ ir: WAIT })
  const pids = [api, ...workers].map((service) => service.child.pid)

  let frames = 0
  const count = () => {
    frames += 1
  }
  const reading = [...ids, waiting.id].map((id) =>
    followFrames({ url: () => url, path: `/runs/${id}/stream`, onFrame: count }),
  )
  for (const at of [RUNS * 5, RUNS * 10]) {
    while (frames < at) await sleep(5)
    await postgres?.kill()
    await sleep(300) // Everybody runs into it.
    await postgres?.restart()
  }
  await expect
    .poll(async () => (await client.post(`/runs/${waiting.id}/signals/approve`, {})).status, { timeout: 30_000 })
    .toBe(202)
  const logs = await Promise.all(reading)
  for (const [index, id] of [...ids, waiting.id].entries()) {
    const log = logs[index] ?? []
    expect(await followFrames({ url: () => url, path: `/runs/${id}/stream` }), id).toEqual(log)
    const events = eventsOf(log)
    expect(await endFaults(stack(), events), id).toEqual([])
    expect(events.at(-1)?.type).toBe('run.completed')
    if (id !== waiting.id) expect(textOf(events, 'answer')).toBe(words.join(''))
  }
  expect([api, ...workers].map((service) => service.child.exit)).toEqual([undefined, undefined])
  expect([api, ...workers].map((service) => service.child.pid)).toEqual(pids)
})
