import type { EventType, OutboxEvent, RunRef } from '@treadle/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useStorage } from './support/storage.ts'

// A workflow task that is lost after its local activities have written is done again, and may know more: a cancel, a signal. What it tells
// then under numbers that are applied already is something else.
const storage = useStorage()

type Event = [type: EventType, node?: string, data?: object]

const tell = (run: RunRef, events: readonly Event[]) =>
  storage().appender.record({
    run,
    outbox: events.map(([type, node, data = {}], index) => ({
      n: index + 1,
      type,
      ...(node !== undefined && { node }),
      data: DATA[type] ?? data,
    })) as OutboxEvent[],
  })

const DATA: Record<string, object> = {
  'node.started': { kind: 'set' },
  'node.completed': { output: 1 },
  'run.completed': { output: 1 },
}

async function logOf(run: RunRef): Promise<string[]> {
  const page = await storage().log.read('default', run.id, { after: 1, limit: 1_000 })
  return (page?.events ?? []).map(({ type, node }) => (node === undefined ? type : `${type} ${node}`))
}

test('what was told before a lost task stays, and what is told otherwise afterwards is what is still lacking', async () => {
  const run = await storage().startRun()
  const begun: Event[] = [['run.started'], ['node.started', 'a'], ['node.started', 'b']]
  await tell(run, [...begun, ['node.completed', 'b']])
  // Done again with a cancel: what was the fourth event is another one now.
  const told = await tell(run, [...begun, ['node.cancelled', 'a'], ['node.cancelled', 'b'], ['run.cancelled']])
  expect(told).toMatchObject({ outboxApplied: 6, ended: true })
  expect(await logOf(run)).toEqual([
    'run.started',
    'node.started a',
    'node.started b',
    'node.completed b',
    'node.cancelled a',
    'run.cancelled',
  ])
})

test('a signal that a task which is done again hears of later is in the log once', async () => {
  const run = await storage().startRun()
  const signal = (id: string): Event => ['signal.received', 'a', { name: 'go', id, payload: 1 }]
  const begun: Event[] = [['run.started'], ['node.started', 'a'], ['node.started', 'b']]
  await tell(run, [['run.started'], signal('s1'), signal('s2')])
  // Now the signals come after what the run begins with, in a batch of their own.
  await tell(run, [...begun, ['run.waiting']])
  await tell(run, [...begun, ['run.waiting'], signal('s2'), signal('s1'), signal('s3')])
  expect(await logOf(run)).toEqual([
    'run.started',
    'signal.received a',
    'signal.received a',
    'node.started a',
    'node.started b',
    'run.waiting',
    'signal.received a',
  ])
})

test('a signal that comes to a task that is done again is in the log once, and so is what was told before', async () => {
  const run = await storage().startRun()
  const signal: Event = ['signal.received', 'a', { name: 'go', id: 's1', payload: 1 }]
  await tell(run, [['run.started'], ['node.started', 'a'], ['run.waiting'], signal, ['run.resumed']])
  await tell(run, [['run.started'], ['node.started', 'a'], signal, ['node.completed', 'a'], ['run.completed']])
  expect(await logOf(run)).toEqual([
    'run.started',
    'node.started a',
    'run.waiting',
    'signal.received a',
    'run.resumed',
    'node.completed a',
    'run.completed',
  ])
})

test('after a shorter telling the next number counts', async () => {
  const run = await storage().startRun()
  await tell(run, [['run.started'], ['node.started', 'a'], ['node.completed', 'a'], ['node.started', 'b']])
  const other: Event[] = [['run.started'], ['node.started', 'b']]
  expect(await tell(run, other)).toMatchObject({ outboxApplied: 2 })
  expect(await tell(run, [...other, ['node.started', 'c'], ['node.started', 'a']])).toMatchObject({ outboxApplied: 4 })
  expect(await logOf(run)).toEqual([
    'run.started',
    'node.started a',
    'node.completed a',
    'node.started b',
    'node.started c',
  ])
})

test('however often a workflow tells anew from some point on, each node starts once and ends once, and all that it told last is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyTelling, { minLength: 1, maxLength: 5 }), async (tellings) => {
      const run = await storage().startRun()
      let told: Event[] = []
      for (const { keep, order, sent } of tellings) {
        told = telling(told.slice(0, Math.floor(keep * told.length)), order)
        await tell(run, told.slice(0, Math.floor(sent * told.length)))
      }
      await tell(run, [...told, ['run.completed']])
      const log = await logOf(run)
      expect(log.at(-1)).toBe('run.completed')
      expect([...log].sort()).toEqual([...new Set(log)].sort())
      for (const [type, node] of told) {
        if (type === 'node.started') expect(log).toContain(`node.started ${node}`)
        else if (node !== undefined)
          expect(
            log.filter((line) => /^node\.(completed|cancelled) /.test(line) && line.endsWith(` ${node}`)),
          ).toHaveLength(1)
      }
    }),
    { numRuns: 60, seed: 20_261_126 },
  )
})

const anyTelling = fc.record({
  keep: fc.double({ min: 0, max: 1, noNaN: true }),
  order: fc
    .shuffledSubarray(['a', 'b', 'c', 'd'])
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) => fc.constantFrom<EventType>('node.completed', 'node.cancelled').map((end) => ({ id, end }))),
      ),
    ),
  sent: fc.double({ min: 0, max: 1, noNaN: true }),
})

/** Goes on from what was told: starts in this order what has not started, then ends what has not ended. */
function telling(before: Event[], order: readonly { id: string; end: EventType }[]): Event[] {
  const has = (start: boolean, id: string) =>
    before.some(([type, node]) => node === id && (type === 'node.started') === start)
  const starts = order.flatMap(({ id }): Event[] => (has(true, id) ? [] : [['node.started', id]]))
  const ends = order.flatMap(({ id, end }): Event[] => (has(false, id) ? [] : [[end, id]]))
  return [...(before.length === 0 ? ([['run.started']] as Event[]) : before), ...starts, ...ends]
}
