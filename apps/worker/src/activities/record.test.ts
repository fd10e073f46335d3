import type { OutboxEvent, RunEnd, RunRef } from '@treadle/contract'
import { expect, test } from 'vitest'
import { createRecord } from './record.ts'

const run: RunRef = { tenant: 'default', id: 'run_1', createdAt: '2026-11-24T00:00:00.000Z' }
const event = (n: number, type: string): OutboxEvent => ({ n, type, data: {} }) as OutboxEvent

/** Of a run whose log has all up to number 7 and has ended by it, as `end` says. */
const recordOf = (end: RunEnd) =>
  createRecord({
    appender: {
      record: async () => ({ outboxApplied: 7, cancelRequested: false, pauseRequested: false, ended: true }),
    },
    runEnd: async () => end,
  })

test.each([
  ['the end itself', [event(7, 'run.cancelled')], { type: 'cancelled' }, undefined],
  [
    'another end by the same number',
    [event(7, 'run.cancelled')],
    { type: 'completed', output: 1 },
    { type: 'completed', output: 1 },
  ],
  ['something else by that number', [event(7, 'node.started')], { type: 'cancelled' }, { type: 'cancelled' }],
  ['something later', [event(8, 'node.started')], { type: 'cancelled' }, { type: 'cancelled' }],
] as const)('of a run that has ended, told %s', async (_, outbox, end, answer) => {
  expect((await recordOf(end)({ run, outbox: [...outbox] })).end).toEqual(answer)
})
