import { EventSchemas } from '@ag-ui/core/schemas'
import type { EventEnvelope } from '@treadle/contract'
import fc from 'fast-check'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import { expect, test } from 'vitest'
import { createEncoder } from './encoder.ts'
import { createFormatFrames } from './format-frames.ts'

type Part = Pick<EventEnvelope, 'type'> & Partial<EventEnvelope>

/** What one node does: attempts that say something and are retried, and one that ends it. */
const attempts = fc.array(
  fc.array(
    fc.oneof(
      fc.string({ maxLength: 5 }).map((text) => ({ text, offset: 0 })),
      fc.record({ index: fc.nat(2), arguments: fc.string({ maxLength: 5 }) }).map((toolCall) => ({ toolCall })),
    ),
    { maxLength: 5 },
  ),
  { minLength: 1, maxLength: 3 },
)
const END = fc.constantFrom('node.completed', 'node.failed', 'node.cancelled')

const nodeEvents = (node: string, all: EventEnvelope['data'][][], end: string): Part[] =>
  all.flatMap((deltas, index) => {
    const [attempt, isLast] = [index + 1, index === all.length - 1]
    const error = { type: 'unavailable', message: 'no' }
    return [
      { type: 'node.started', node, attempt, data: { kind: 'llm' } },
      ...deltas.map((data) => ({ type: 'node.delta', node, attempt, data })),
      {
        type: isLast ? end : 'node.retrying',
        node,
        attempt,
        data: end === 'node.completed' && isLast ? { output: 1 } : { error },
      },
    ]
  })

/** A whole log: nodes beside each other, events of the run between them, and any end. */
const log: fc.Arbitrary<EventEnvelope[]> = fc
  .record({
    nodes: fc.array(fc.tuple(attempts, END), { maxLength: 4 }),
    order: fc.infiniteStream(fc.nat(3)),
    end: fc.constantFrom<Part>(
      { type: 'run.completed', data: { output: { a: 1 }, usage: { inputTokens: 1, outputTokens: 2 } } },
      { type: 'run.failed', data: { error: { type: 'internal', message: 'broken' } } },
      { type: 'run.cancelled', data: { reason: 'never mind' } },
      { type: 'run.cancelled', data: {} },
    ),
  })
  .map(({ nodes, order, end }) => {
    const queues = nodes.map(([all, how], index) => nodeEvents(`n${index}.model`, all, how))
    const parts: Part[] = [{ type: 'run.created', data: { workflow: 'w' } }, { type: 'run.started' }]
    for (
      let left = queues.filter((queue) => queue.length > 0);
      left.length > 0;
      left = left.filter((queue) => queue.length > 0)
    ) {
      parts.push(...(left[(order.next().value ?? 0) % left.length]?.splice(0, 1) ?? []), {
        type: 'custom.tick',
        data: { n: 1 },
      })
    }
    return [...parts, end].map((part, index) => ({
      seq: index + 1,
      runId: 'run_1',
      time: '2026-11-26T10:00:00.000Z',
      data: {},
      ...part,
    }))
  })

const messagesOf = (format: 'ag-ui' | 'openai-responses', events: EventEnvelope[]) =>
  events.flatMap(createEncoder(format))

test('every message of AG-UI fits its schema, and comes where the protocol allows it', () => {
  fc.assert(
    fc.property(log, (events) => {
      const open = new Set<string>()
      const begin = (key: string) => expect(open.has(key) || !open.add(key), key).toBe(false)
      const end = (key: string) => expect(open.delete(key), key).toBe(true)
      const messages = messagesOf('ag-ui', events).map(({ data }) => EventSchemas.parse(data))
      for (const [index, message] of messages.entries()) {
        if (message.type === 'RUN_STARTED') expect(index).toBe(0)
        if (message.type === 'STEP_STARTED') begin(message.stepName)
        if (message.type === 'STEP_FINISHED') end(message.stepName)
        if (message.type === 'TEXT_MESSAGE_START') begin(message.messageId)
        if (message.type === 'TEXT_MESSAGE_CONTENT') expect(open.has(message.messageId)).toBe(true)
        if (message.type === 'TEXT_MESSAGE_END') end(message.messageId)
        if (message.type === 'TOOL_CALL_START') begin(message.toolCallId)
        if (message.type === 'TOOL_CALL_ARGS') expect(open.has(message.toolCallId)).toBe(true)
        if (message.type === 'TOOL_CALL_END') end(message.toolCallId)
        if (message.type === 'RUN_FINISHED' || message.type === 'RUN_ERROR') {
          expect([index, open.size]).toEqual([messages.length - 1, 0])
        }
      }
    }),
  )
})

test('the messages of the Responses API count up, and add up to the response at the end', () => {
  fc.assert(
    fc.property(log, (events) => {
      const messages = messagesOf('openai-responses', events).map(({ data }) => data as ResponseStreamEvent)
      expect(messages.map(({ sequence_number }) => sequence_number)).toEqual(messages.map((_, index) => index))
      const texts = new Map<string, string>()
      const done: object[] = []
      let added = 0
      for (const message of messages) {
        if (message.type === 'response.output_item.added') expect(message.output_index).toBe(added++)
        if (message.type === 'response.content_part.added') texts.set(message.item_id, '')
        if (message.type === 'response.output_text.delta') {
          texts.set(message.item_id, `${texts.get(message.item_id)}${message.delta}`)
        }
        if (message.type === 'response.output_text.done') expect(message.text).toBe(texts.get(message.item_id))
        if (message.type === 'response.output_item.done') done.push(message.item)
      }
      expect(done).toHaveLength(added)
      const last = messages.at(-1)
      const whole = done.filter((item) => 'status' in item && item.status === 'completed')
      expect(last && 'response' in last && new Set(last.response.output.map((item) => JSON.stringify(item)))).toEqual(
        new Set(whole.map((item) => JSON.stringify(item))),
      )
    }),
  )
})

test.each(['ag-ui', 'openai-responses'] as const)(
  '%s: from any event on, the frames are those of the whole stream',
  (format) => {
    fc.assert(
      fc.property(log, (events) => {
        const serialised = events.map((event) => ({ seq: event.seq, type: event.type, json: JSON.stringify(event) }))
        const framesAfter = (after: number) => createFormatFrames(format, after)(0, serialised).map(String)
        const whole = framesAfter(0)
        for (const { seq } of events) {
          const rest = framesAfter(seq)
          expect(rest).toEqual(whole.slice(whole.length - rest.length))
          const ids = rest.join('').match(/^id: \d+$/gm) ?? []
          expect(ids.map((id) => Number(id.slice(4))).every((id) => id > seq)).toBe(true)
        }
      }),
      { numRuns: 30 },
    )
  },
)

test('what a tool gave is told as the result of its call', () => {
  const events = [
    { type: 'node.started', node: 'a~0.model', attempt: 1, data: { kind: 'llm' } },
    {
      type: 'node.delta',
      node: 'a~0.model',
      attempt: 1,
      data: { toolCall: { index: 0, id: 'call_1', name: 'find', arguments: '{' } },
    },
    { type: 'node.delta', node: 'a~0.model', attempt: 1, data: { toolCall: { index: 0, arguments: '}' } } },
    { type: 'node.completed', node: 'a~0.model', attempt: 1, data: {} },
    { type: 'node.completed', node: 'a~0.tool[0]', attempt: 1, data: { output: { found: 1 } } },
  ].map((part, index) => ({ seq: index + 1, runId: 'run_1', time: '2026-11-26T10:00:00.000Z', ...part }))
  const messages = messagesOf('ag-ui', events).map(({ data }) => data as { type: string })
  expect(messages.filter(({ type }) => type.startsWith('TOOL'))).toMatchObject([
    { type: 'TOOL_CALL_START', toolCallId: 'run_1:a~0.model#1:0', toolCallName: 'find' },
    { type: 'TOOL_CALL_ARGS', delta: '{' },
    { type: 'TOOL_CALL_ARGS', delta: '}' },
    { type: 'TOOL_CALL_END' },
    { type: 'TOOL_CALL_RESULT', toolCallId: 'run_1:a~0.model#1:0', content: '{"found":1}' },
  ])
})
