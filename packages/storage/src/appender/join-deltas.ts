import { codePoints } from '../events/code-points.ts'
import type { AttemptEvent } from './types.ts'

const JOINED_LENGTH_MAX = 8_192

type TextDelta = { text: string; offset: number }

/**
 * Adds an event to those of its attempt, and joins it to the last one where both are text that follows on: what a model sent in
 * forty pieces while a batch was on its way is one event. The joined event takes the last ordinal of its range: batches are stored whole
 * and sent again unchanged, so either all of its ordinals are stored or none. Returns nothing; `events` is changed.
 */
export function addEvent(events: AttemptEvent[], event: AttemptEvent): void {
  const last = events.at(-1)
  const [before, after] = [textOf(last), textOf(event)]
  if (before === undefined || after === undefined || !follows(before, after)) {
    events.push(event)
    return
  }
  const text = before.text + after.text
  events[events.length - 1] = { ordinal: event.ordinal, type: 'node.delta', data: { text, offset: before.offset } }
}

function textOf(event: AttemptEvent | undefined): TextDelta | undefined {
  if (event?.type !== 'node.delta') return undefined
  const { text, offset, ...more } = event.data as Partial<TextDelta>
  if (typeof text !== 'string' || typeof offset !== 'number' || Object.keys(more).length > 0) return undefined
  return { text, offset }
}

// Half a surrogate pair at the seam would count as one code point before the join and as none after it.
function follows(before: TextDelta, after: TextDelta): boolean {
  return (
    before.text.length + after.text.length <= JOINED_LENGTH_MAX &&
    after.offset === before.offset + codePoints(before.text) &&
    !/[\uD800-\uDBFF]$/.test(before.text)
  )
}
