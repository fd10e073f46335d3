import { type EventEnvelope, isLastEvent } from '@treadle/contract'
import { expect } from 'vitest'

const ENDS = new Set(['node.completed', 'node.retrying', 'node.failed', 'node.cancelled'])

/** Invariants 1 to 4 of the architecture, on one run's whole log. `where` names it when it fails. */
export function checkLog(events: readonly EventEnvelope[], where: string): void {
  events.forEach(({ seq }, index) => {
    expect(seq, `${where}: no gap, no repetition`).toBe(index + 1)
  })
  for (const [index, { time, seq }] of events.entries()) {
    const before = events[index - 1]?.time ?? time
    expect(time >= before, `${where}: time does not go backwards at ${seq}`).toBe(true)
  }
  const last = events.filter(({ type }) => isLastEvent(type))
  expect(last, `${where}: one last event, at the end`).toEqual(events.slice(-1))
  const paths = new Set(events.map(({ node }) => node).filter((node) => node !== undefined))
  for (const path of paths) {
    checkNode(
      events.filter(({ node }) => node === path),
      `${where}, ${path}`,
    )
  }
}

/** Attempts come one after the other, each is started once, and nothing of it stands outside of its start and its end. */
function checkNode(events: readonly EventEnvelope[], where: string): void {
  let attempt = 0
  let open = false
  for (const { seq, type, attempt: its } of events) {
    if (type === 'node.started') {
      expect([open, its], `${where}: attempts start one after the other, at ${seq}`).toEqual([false, attempt + 1])
      attempt++
      open = true
    } else if (type === 'node.cancelled') {
      expect(its, `${where}: what is cancelled is the newest attempt, at ${seq}`).toBe(attempt)
      open = false
    } else {
      expect([open, its], `${where}: nothing from a fenced or ended attempt, at ${seq}`).toEqual([true, attempt])
      open = !ENDS.has(type)
    }
  }
}

/** The text of each attempt, `path#attempt`, put together as a client does; offsets in code points have to fit. */
export function textsOf(events: readonly EventEnvelope[], where: string): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { seq, type, node, attempt, data } of events) {
    if (type !== 'node.delta') continue
    const key = `${node}#${attempt}`
    const text = texts.get(key) ?? ''
    expect(data.offset, `${where}: the text of ${key} goes on at ${seq}`).toBe(Array.from(text).length)
    texts.set(key, text + data.text)
  }
  return texts
}
