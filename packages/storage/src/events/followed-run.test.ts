import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFollowedRun } from './followed-run.ts'
import type { Follower, SerialisedEvent } from './types.ts'

const eventOf = (seq: number): SerialisedEvent => ({ seq, type: 'log', json: `{"seq":${seq}}` })

/** A log that is told of, or not, as a test says. */
function createLog() {
  let stored = 0
  const fetch = async (after: number, limit: number) =>
    Array.from({ length: Math.min(limit, stored - after) }, (_, index) => eventOf(after + 1 + index))
  const run = createFollowedRun(fetch)
  return {
    run,
    read: (after: number) => fetch(after, 100),
    newest: () => stored,
    tell: () => run.tell({ key: 'r', event: eventOf(++stored) }),
    hint: () => run.tell({ key: 'r', hint: ++stored }),
    storeSilently: () => void ++stored,
  }
}

/** Reads as a stream does, to `last`; after every `pauseEach`th piece it has no room for a while. */
async function readAll(
  { run, read }: ReturnType<typeof createLog>,
  last: () => number,
  pauseEach: number,
): Promise<number[]> {
  const follower: Follower = run.follower(() => {})
  const seen: number[] = []
  let pieces = 0
  const take = (events: readonly SerialisedEvent[]) => {
    seen.push(...events.map(({ seq }) => seq))
    return ++pieces % pauseEach !== 0 && seen.length < last()
  }
  while (seen.length < last()) {
    await follower.flow(seen.length, take)
    await new Promise((resolve) => setImmediate(resolve))
    if (seen.length >= last()) break
    const news = await follower.next(seen.length)
    if (news) take('events' in news ? news.events : await read(seen.length))
  }
  return seen
}

test('events that are told of together are handed over together, and to all who are at the same place as one', async () => {
  const { run, tell } = createLog()
  const taken: (readonly SerialisedEvent[])[] = []
  const flows = [1, 2, 3].map(() => run.follower(() => {}).flow(0, (events) => taken.push(events) < 100))
  tell()
  tell()
  await Promise.resolve()
  expect(taken.map((events) => events.map(({ seq }) => seq))).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  expect(new Set(taken).size).toBe(1)
  run.doubt()
  await Promise.all(flows)
})

test('who takes no more, closes, or has to look for itself is handed nothing any more', async () => {
  const { run, tell, hint } = createLog()
  const handed = { full: 0, closed: 0, behind: 0 }
  const [full, closed, behind] = [run.follower(() => {}), run.follower(() => {}), run.follower(() => {})]
  const fullFlow = full.flow(0, () => ++handed.full < 1)
  const closedFlow = closed.flow(0, () => ++handed.closed < 100)
  const behindFlow = behind.flow(0, () => ++handed.behind < 100)
  closed.close()
  tell()
  await Promise.all([fullFlow, closedFlow])
  hint()
  await behindFlow
  tell()
  await Promise.resolve()
  expect(handed).toEqual({ full: 1, closed: 0, behind: 1 })
})

test('whatever is told, told of only, or not told at all: everybody gets each event once, in order', async () => {
  const steps = fc.array(fc.constantFrom('tell', 'tell', 'tell', 'hint', 'silent', 'doubt', 'turn'), { maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      async (all, pauses) => {
        const log = createLog()
        const { run, tell, hint, storeSilently, newest } = log
        let isOver = false
        const last = () => (isOver ? newest() : Number.POSITIVE_INFINITY)
        const readers = pauses.map((pause) => readAll(log, last, pause))
        for (const step of all) {
          if (step === 'tell') tell()
          else if (step === 'hint') hint()
          else if (step === 'silent') storeSilently()
          else if (step === 'doubt') run.doubt()
          else await new Promise((resolve) => setImmediate(resolve))
        }
        isOver = true
        tell()
        run.doubt()
        const everything = Array.from({ length: newest() }, (_, index) => index + 1)
        for (const seen of await Promise.all(readers)) expect(seen).toEqual(everything)
      },
    ),
  )
})
