import { expect, test } from 'vitest'
import { acceptsEvents, positionOf, preferredWait, waitOf } from './parameters.ts'

test('a wait is a time with its unit, or seconds', () => {
  expect(['30s', '500ms', '1m', '2', undefined].map((text) => waitOf(text, 'wait'))).toEqual([
    30_000, 500, 60_000, 2_000, 0,
  ])
  for (const text of ['61s', 'soon', '-1s', '1h', '']) expect(() => waitOf(text, 'wait')).toThrow(/wait/)
})

test('a preferred wait is met as far as it can be, and other preferences are none of ours', () => {
  expect(['wait=5', 'respond-async, wait=7', 'wait=900', 'wait="3"', 'wait=x', undefined].map(preferredWait)).toEqual([
    5_000,
    7_000,
    60_000,
    3_000,
    undefined,
    undefined,
  ])
})

test('a stream is what asks for events by name', () => {
  expect(
    ['text/event-stream', 'application/json, text/event-stream;q=0.9', '*/*', undefined].map(acceptsEvents),
  ).toEqual([true, true, false, false])
})

test('a position is digits', () => {
  expect(positionOf('12', 'after')).toBe(12)
  for (const text of ['latest', '-1', '1.5', 'x', '9'.repeat(16)])
    expect(() => positionOf(text, 'after')).toThrow(/after/)
})
