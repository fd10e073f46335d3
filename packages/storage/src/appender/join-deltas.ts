import { codePoints } from '../events/code-points.ts'
import type { AttemptEvent } from './types.ts'

const JOINED_LENGTH_MAX = 8_192

type TextDelta = { text: string; offset: number }

/** Where a text ends: the offset behind it, and whether half a surrogate pair is its last unit. */
type End = { offset: number; isHalf: boolean }

/**
 * Ends of joined texts. Kept, since a joined text must not be looked at before it is whole: it is a chain of its pieces until
 * somebody does, and to lay it out anew for each piece would cost its length each time.
 */
const ends = new WeakMap<AttemptEvent, End>()

/** Adds an event to those of its attempt: to the last one where it can be joined, else behind it. `events` is changed. */
export function addEvent(events: AttemptEvent[], event: AttemptEvent): void {
  if (!joinEvent(events, event)) events.push(event)
}

/**
 * Joins an event to the last one where both are text that follows on: what a model sent in forty pieces while a batch was on its way is
 * one event. The joined event takes the last ordinal of its range: batches are stored whole and sent again unchanged, so either all of
 * its ordinals are stored or none. Says whether it could; `events` is changed then.
 */
export function joinEvent(events: AttemptEvent[], event: AttemptEvent): boolean {
  const last = events.at(-1)
  const [before, after] = [textOf(last), textOf(event)]
  if (!last || !before || !after || last.ordinal >= event.ordinal) return false
  const end = ends.get(last) ?? endOf(before)
  if (!follows(before, end, after)) return false
  const data = { text: before.text + after.text, offset: before.offset }
  const joined: AttemptEvent = { ordinal: event.ordinal, type: 'node.delta', data }
  ends.set(joined, after.text === '' ? end : endOf(after))
  events[events.length - 1] = joined
  return true
}

function textOf(event: AttemptEvent | undefined): TextDelta | undefined {
  if (event?.type !== 'node.delta') return undefined
  const data = event.data as Partial<TextDelta>
  if (typeof data.text !== 'string' || typeof data.offset !== 'number') return undefined
  for (const key in data) if (key !== 'text' && key !== 'offset') return undefined
  return data as TextDelta
}

function endOf({ text, offset }: TextDelta): End {
  const last = text.charCodeAt(text.length - 1)
  return { offset: offset + codePoints(text), isHalf: last >= 0xd800 && last <= 0xdbff }
}

// Half a surrogate pair at the seam would count as one code point before the join and as none after it.
const follows = (before: TextDelta, end: End, after: TextDelta): boolean =>
  before.text.length + after.text.length <= JOINED_LENGTH_MAX && after.offset === end.offset && !end.isHalf
