import { createFunctionStore, createReadFunctions } from '@treadle/storage'
import { describe, expect, test } from 'vitest'
import { useStorage } from './support/storage.ts'

const storage = useStorage()
const never = new AbortController().signal
const store = () => createFunctionStore({ pool: storage().worker })
const served = () => createReadFunctions({ pool: storage().api })()

describe('functions of workers', () => {
  test('are there to be called until their time is over, each once', async () => {
    const inputSchema = { type: 'object', properties: { z: {}, a: {} } }
    await store().publish('python', 'w1', [{ name: 'score', inputSchema }], 60)
    await store().publish('python', 'w2', [{ name: 'score', inputSchema }, { name: 'over' }], 60)
    await store().publish('go', 'w3', [{ name: 'score', outputSchema: true }], 60)
    expect(await served()).toEqual([
      { runtime: 'go', name: 'score' },
      { runtime: 'python', name: 'over' },
      { runtime: 'python', name: 'score', inputSchema },
    ])
    await store().publish('python', 'w2', [], 60)
    await store().publish('go', 'w3', [{ name: 'score' }], 0)
    expect(await served()).toEqual([{ runtime: 'python', name: 'score', inputSchema }])
  })

  test('are told by many workers at the same time', async () => {
    const workers = Array.from({ length: 20 }, (_, index) => `many-${index}`)
    const functions = [{ name: 'b' }, { name: 'a' }]
    await Promise.all(
      workers.flatMap((worker) => [1, 2].map(() => store().publish('typescript', worker, functions, 0))),
    )
    await Promise.all(workers.map((worker) => store().publish('typescript', worker, functions, 60)))
    expect((await served()).filter(({ runtime }) => runtime === 'typescript')).toHaveLength(2)
  })
})

describe('the state that a function keeps', () => {
  test('is found by the next attempt, and kept by the newest alone', async () => {
    const run = await storage().startRun()
    const claim = () => storage().appender.claim({ run, path: 'a', kind: 'tool', runtime: 'python', outbox: [] })
    const key = (attempt: number) => ({ run, path: 'a', attempt })
    await claim()
    expect(await store().loadState(key(1), never)).toBeNull()
    expect(await store().saveState(key(1), { done: 1 }, never)).toBe(true)
    await claim()
    expect(await store().saveState(key(1), { done: 2 }, never)).toBe(false)
    expect(await store().loadState(key(2), never)).toEqual({ done: 1 })
    expect(await store().saveState(key(2), [2], never)).toBe(true)
    await storage().appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
    expect(await store().saveState(key(2), [3], never)).toBe(false)
    expect(await store().loadState(key(2), never)).toEqual([2])
  })

  test('stands beside what is known of the run', async () => {
    const run = await storage().startRun({ workflow: { name: 'shop', version: '3' }, tags: { a: 'b' } })
    expect(await store().runMetadata(run, never)).toEqual({ workflow: 'shop', version: '3', tags: { a: 'b' } })
  })
})
