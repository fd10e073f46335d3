import { newRunId } from '@treadle/contract'
import { createStateStore } from '@treadle/storage'
import { expect, test } from 'vitest'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

/** A run that has ended, with one checkpoint. */
async function endedRun() {
  const { appender } = storage()
  const run = await storage().startRun()
  const claim = await appender.claim({ run, path: 'a', kind: 'llm', runtime: 'typescript', outbox: [] })
  if (claim.status !== 'claimed') throw new Error(claim.status)
  const end = { type: 'node.completed', ordinal: 1, output: { n: 1 } } as const
  await appender.end({ run, path: 'a', attempt: claim.attempt, events: [], end })
  await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: 1 } }] })
  return run
}

test('a tenant sees, forks and erases nothing of another’s runs', async () => {
  const { runs, api } = storage()
  const state = createStateStore({ pool: api })
  const { id } = await endedRun()
  expect(await state.checkpoints('default', id, { after: 0, limit: 10 })).toMatchObject({ items: [{ node: 'a' }] })

  expect(await state.checkpoints('other', id, { after: 0, limit: 10 })).toBeUndefined()
  expect(await state.at('other', id, 1)).toBeUndefined()
  expect(await state.statuses('other', id)).toBeUndefined()
  expect(await state.points('other', id, 100)).toEqual([])
  expect(await state.outputs('other', id, ['a'])).toEqual([])
  expect(await state.request('other', id)).toBeUndefined()
  expect(await runs.erase('other', id)).toBe('not-found')
  const fork = { forkedFrom: { runId: id, seq: 1 }, takesOver: { paths: ['a'], given: [] } }
  await expect(storage().startRun({ tenant: 'other', ...fork })).rejects.toThrow()
  expect(await runs.get('default', id)).toBeDefined()
})

test('erasing a run and starting others of its plan at the same time leaves every run with its plan', async () => {
  const { runs } = storage()
  for (let round = 0; round < 10; round++) {
    const { id } = await endedRun()
    const ids = Array.from({ length: 4 }, () => newRunId())
    const [erased] = await Promise.all([
      runs.erase('default', id),
      ...ids.map((each) => storage().startRun({ id: each })),
    ])
    expect(erased).toBe('erased')
    for (const each of ids) expect(await runs.planOf('default', each)).toBeDefined()
  }
})

test('a run is erased once, whoever asks at the same time, and retention is one of them', async () => {
  const { runs, worker } = storage()
  const { id } = await endedRun()
  const outcomes = await Promise.all([
    runs.erase('default', id),
    runs.erase('default', id),
    worker.query("select treadle.erase_old_runs(interval '0', 100)").then(() => 'asked'),
  ])
  expect(outcomes.filter((outcome) => outcome === 'erased').length).toBeLessThanOrEqual(1)
  expect(await runs.get('default', id)).toBeUndefined()
})
