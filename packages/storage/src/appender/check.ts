import type { AttemptEnd, AttemptEvent } from './types.ts'

const TYPE = /^[a-z]+\.[A-Za-z0-9_.-]+$|^log$/

/** Postgres stores no NUL in a text, and one bad call must not spoil the batch that it travels in. */
export function checkPath(path: string): string {
  if (path === '' || path.includes('\0'))
    throw new TypeError(`A node's path is text without NUL, not ${JSON.stringify(path)}.`)
  return path
}

export function checkEvents(events: readonly AttemptEvent[], end: AttemptEnd | undefined): void {
  let last = 0
  for (const { ordinal, type } of end ? [...events, end] : events) {
    if (!Number.isInteger(ordinal) || ordinal <= last) {
      throw new RangeError(`Ordinals of an attempt count up from 1: ${ordinal} came after ${last}.`)
    }
    if (!TYPE.test(type)) throw new TypeError(`No event has the type ${JSON.stringify(type)}.`)
    last = ordinal
  }
}
