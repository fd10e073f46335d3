import type { Batch } from './batch.ts'
import { type BatchRows, callOf, type Statement } from './statement.ts'

const TYPES = [
  ['boolean', 'text[]', 'text[]', 'integer[]'],
  ['integer[]', 'text[]', 'integer[]', 'integer[]', 'integer[]'],
  ['integer[]', 'integer[]', 'text[]', 'text[]'],
].flat()

const TEXT = callOf('treadle.append_events', TYPES)

/**
 * The batch as the shorter statement for events of attempts that go on, see `treadle.append_events`; undefined where there is more in it. It
 * answers null, and has changed nothing, where something is not as usual.
 */
export function toEventsStatement(
  { runs }: Batch,
  { attempts, outbox, claims }: BatchRows,
  notify: 'data' | 'hint',
): Statement | undefined {
  if (attempts.length === 0 || outbox.length > 0 || claims.length > 0) return undefined
  if (attempts.some(({ end, events }) => end || events.length === 0)) return undefined
  const counts = runs.map(() => 0)
  const of: number[] = []
  const nth: number[] = []
  const types: string[] = []
  const data: string[] = []
  for (const [index, { run, events }] of attempts.entries()) {
    for (const event of events) {
      const count = (counts[run] ?? 0) + 1
      counts[run] = count
      of.push(index + 1)
      nth.push(count)
      types.push(event.type)
      data.push(event.data)
    }
  }
  if (counts.includes(0)) return undefined

  const values = [
    notify === 'data',
    runs.map(({ ref }) => ref.tenant),
    runs.map(({ ref }) => ref.id),
    counts,

    attempts.map(({ run }) => run + 1),
    attempts.map(({ path }) => path),
    attempts.map(({ attempt }) => attempt),
    attempts.map(({ events }) => events[0]?.ordinal),
    attempts.map(({ events }) => events.at(-1)?.ordinal),

    of,
    nth,
    types,
    data,
  ]
  return { name: 'treadle append events', text: TEXT, values }
}
