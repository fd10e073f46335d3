import type { Appender } from '@treadle/storage'
import { expect, test } from 'vitest'
import { brief } from './support/events.ts'
import { type Call, playCalls } from './support/play.ts'
import { useStorage } from './support/storage.ts'

const storage = useStorage()

const claim =
  (path: string, more: Partial<Parameters<Appender['claim']>[0]> = {}): Call =>
  (appender, run) =>
    appender.claim({ run, path, kind: 'tool', runtime: 'typescript', outbox: [], ...more })
const end =
  (path: string, attempt: number, output: string, usage: object = { toolCalls: 1 }): Call =>
  (appender, run) => {
    const completed = { type: 'node.completed', ordinal: 9, output, usage, checkpointName: `after ${path}` } as const
    return appender.end({ run, path, attempt, events: [], end: completed })
  }
const delta =
  (path: string, attempt: number, ordinal: number): Call =>
  (appender, run) =>
    appender.append({ run, path, attempt, events: [{ ordinal, type: 'node.delta', data: { text: 'x', offset: 0 } }] })
const record =
  (n: number, type: string, data: object, after: { path: string; attempt: number }[] = []): Call =>
  (appender, run) =>
    appender.record({ run, outbox: [{ n, type, data, after }] as Parameters<Appender['record']>[0]['outbox'] })

/** Each line is called in one turn. */
const CALLS: Call[][] = [
  [claim('a', { outbox: [{ n: 1, type: 'run.started', data: {} }] })],
  [delta('a', 1, 1)],
  [delta('a', 1, 1)], // A repeat.
  [end('a', 1, 'first'), claim('b', { after: [{ path: 'a', attempt: 1 }] })],
  [end('a', 1, 'again'), claim('z', { after: [{ path: 'a', attempt: 1 }] })],
  [end('b', 2, 'not claimed'), claim('y', { after: [{ path: 'b', attempt: 2 }] })],
  [end('b', 1, 'x'.repeat(9_000)), claim('c', { outbox: [{ n: 1, type: 'run.started', data: {} }] })],
  [claim('c')], // Its first attempt died.
  [delta('c', 1, 1)],
  [delta('c', 2, 1), claim('d', { after: [{ path: 'c', attempt: 1 }] })],
  [end('c', 2, 'third', { inputTokens: 2, costUsd: 0.5 }), claim('d')],
  [record(3, 'run.completed', { output: 'too early' })],
  [end('d', 1, 'last'), record(2, 'run.completed', { output: 'done' }, [{ path: 'd', attempt: 1 }])],
  [claim('e')],
  [end('z', 1, 'after the end')],
  [record(3, 'run.completed', { output: 'twice' })],
]

test('a run that goes its usual way is stored as in company, where the statement for all cases stores it', async () => {
  const play = (runs: number) => playCalls(storage(), CALLS, runs)
  const alone = await play(1)
  const [one, other] = [await play(2), await play(2)]
  expect(alone.statements).toContain('treadle append step')
  expect(one.statements).not.toContain('treadle append step')
  expect(alone.answers).toEqual(one.answers)
  expect(alone.stored).toEqual(one.stored)
  expect(alone.told).toEqual(one.told)
  expect(other.stored).toEqual(one.stored)
  expect(alone.told.map(brief)).toEqual([
    'run.created',
    'run.started',
    'node.started a#1',
    'node.delta a#1',
    'node.completed a#1',
    'node.started b#1',
    'node.started z#1', // What it builds on stands.
    'node.completed b#1',
    'node.started c#1',
    'node.retrying c#1',
    'node.started c#2',
    'node.delta c#2',
    'node.completed c#2',
    'node.started d#1',
    'node.completed d#1',
    'run.completed',
  ])
})
