import type { EventEnvelope } from '@treadle/contract'
import { expect, test } from 'vitest'
import { createEventPrinter } from './event-printer.ts'

function printed(...events: [type: string, node: string | undefined, data: object][]): string {
  let text = ''
  const print = createEventPrinter((chunk) => (text += chunk))
  for (const [index, [type, node, data]] of events.entries()) {
    const envelope = { seq: index + 1, runId: 'run_x', type, time: '2026-01-01T00:00:00.000Z', data }
    print({ ...envelope, ...(node !== undefined && { node }) } as EventEnvelope)
  }
  return text
}

test('the text of a node is one line, and everything else has a line of its own', () => {
  expect(
    printed(
      ['run.started', undefined, {}],
      ['node.delta', 'reply', { text: 'Hel', offset: 0 }],
      ['node.delta', 'reply', { text: 'lo', offset: 3 }],
      ['node.completed', 'reply', { output: 'Hello' }],
    ),
  ).toBe('    1  run.started\n  reply » Hello\n    4  node.completed reply "Hello"\n')
})

test('nodes that speak at once take turns by lines', () => {
  expect(
    printed(
      ['node.delta', 'a', { text: 'one' }],
      ['node.delta', 'b', { text: 'two' }],
      ['node.delta', 'a', { text: '!' }],
    ),
  ).toBe('  a » one\n  b » two\n  a » !')
})
