import { expect, test } from 'vitest'
import { createOutbox } from './outbox.ts'

const event = (node: string) => ({ type: 'node.started', node, data: {} }) as const

test('an event is kept until the log has it', () => {
  const outbox = createOutbox()
  outbox.put(event('a'))
  outbox.put(event('b'))
  expect(outbox.take().map(({ n }) => n)).toEqual([1, 2])
  outbox.applied(1)
  expect(outbox.take().map(({ n }) => n)).toEqual([2])
  expect(outbox.hasUnsent).toBe(false)
})

test('what the log has of a lost execution counts as applied, and nothing is left that nobody can send', () => {
  const outbox = createOutbox()
  outbox.put(event('a'))
  outbox.take()
  outbox.put(event('b'))
  outbox.applied(2)
  expect([outbox.hasUnsent, outbox.isApplied(2)]).toEqual([false, true])
  outbox.put(event('c'))
  expect([outbox.hasUnsent, outbox.take().map(({ n }) => n)]).toEqual([true, [3]])
})
