import type { RunRef } from '@treadle/contract'
import type { AttemptItem, ClaimItem, Item, RecordItem } from './items.ts'
import { addEvent } from './join-deltas.ts'
import type { AttemptEnd, AttemptEvent, RecordedEvent } from './types.ts'

const ENTRIES_MAX = 200
const BYTES_MAX = 1024 * 1024

export type RunEntry = { ref: RunRef; outbox: RecordedEvent[]; lastN: number }
export type AttemptEntry = {
  run: number
  path: string
  attempt: number
  events: AttemptEvent[]
  end: AttemptEnd | undefined
  items: AttemptItem[]
}
export type ClaimEntry = { run: number; item: ClaimItem }

/**
 * The calls that travel in one statement. In it every run is named once, every path has at most one attempt and at most one claim, and
 * every number of a run's outbox comes once; a call that does not fit these has to wait for the next batch.
 */
export type Batch = {
  readonly runs: readonly RunEntry[]
  readonly attempts: readonly AttemptEntry[]
  readonly claims: readonly ClaimEntry[]
  readonly records: readonly { run: number; item: RecordItem }[]
  readonly items: readonly Item[]
  /** Nothing more fits. */
  readonly full: boolean
  /** Takes the call in, or says false: it has to wait, and so has everything for its path that comes after it. */
  add(item: Item): boolean
}

export function createBatch(): Batch {
  const runs: RunEntry[] = []
  const attempts: AttemptEntry[] = []
  const claims: ClaimEntry[] = []
  const records: { run: number; item: RecordItem }[] = []
  const items: Item[] = []
  const runIndex = new Map<string, number>()
  const attemptOf = new Map<string, AttemptEntry>()
  const claimed = new Set<string>()
  const held = new Set<string>()
  let bytes = 0

  return {
    runs,
    attempts,
    claims,
    records,
    items,
    get full() {
      return bytes >= BYTES_MAX || attempts.length + claims.length + records.length >= ENTRIES_MAX
    },
    add,
  }

  function add(item: Item): boolean {
    const key = 'path' in item ? `${item.run.tenant}:${item.run.id}:${item.path}` : undefined
    const tooLarge = items.length > 0 && bytes + item.bytes > BYTES_MAX
    if (tooLarge || (key !== undefined && (held.has(key) || collides(item, key)))) {
      if (key !== undefined) held.add(key)
      return false
    }
    take(item, key ?? '')
    items.push(item)
    bytes += item.bytes
    return true
  }

  function collides(item: Item, key: string): boolean {
    if (item.kind === 'claim') return claimed.has(key)
    const entry = attemptOf.get(key)
    if (item.kind !== 'attempt' || entry === undefined) return false
    return (
      entry.end !== undefined || entry.attempt !== item.attempt || item.first <= (entry.events.at(-1)?.ordinal ?? 0)
    )
  }

  function take(item: Item, key: string): void {
    const run = indexOf(item.run)
    if (item.kind === 'attempt') {
      const entry = attemptOf.get(key) ?? newAttempt(run, key, item)
      for (const event of item.events) addEvent(entry.events, event)
      entry.end = item.end
      entry.items.push(item)
      return
    }
    addOutbox(run, item.request.outbox)
    if (item.kind === 'record') {
      records.push({ run, item })
    } else {
      claimed.add(key)
      claims.push({ run, item })
    }
  }

  function newAttempt(run: number, key: string, { path, attempt }: AttemptItem): AttemptEntry {
    const entry: AttemptEntry = { run, path, attempt, events: [], end: undefined, items: [] }
    attemptOf.set(key, entry)
    attempts.push(entry)
    return entry
  }

  // Each call carries all that its workflow does not know to be applied, so the lists overlap: what goes on from there is new.
  function addOutbox(index: number, outbox: readonly RecordedEvent[]): void {
    const run = runs[index]
    if (!run) return
    run.outbox.push(...outbox.filter(({ n }) => n === 0 || n > run.lastN))
    run.lastN = outbox.reduce((last, { n }) => Math.max(last, n), run.lastN)
  }

  function indexOf(ref: RunRef): number {
    const key = `${ref.tenant}:${ref.id}`
    const known = runIndex.get(key)
    if (known !== undefined) return known
    runIndex.set(key, runs.length)
    return runs.push({ ref, outbox: [], lastN: 0 }) - 1
  }
}
