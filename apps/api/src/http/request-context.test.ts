import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { continueTrace, requestIdOf } from './request-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'

test('a trace is continued with a span of ours', () => {
  expect(continueTrace(`00-${TRACE}-b7ad6b7169203331-01`)).toMatch(new RegExp(`^00-${TRACE}-(?!b7ad)[0-9a-f]{16}-01$`))
})

test('a broken or empty trace context begins a new trace', () => {
  for (const sent of [
    undefined,
    'x',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-b7ad6b7169203331-01`,
    `00-${TRACE}-b7ad6b7169203331-01-more`,
  ]) {
    const trace = continueTrace(sent)
    expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    expect(trace).not.toContain(TRACE)
  }
})

test('a sane request id is kept, and any other is replaced', () => {
  const idOf = (id: string) => requestIdOf({ headers: { 'x-request-id': id } } as unknown as IncomingMessage)
  expect(idOf('my-request.1')).toBe('my-request.1')
  for (const id of ['short', 'with space here', 'x'.repeat(65), 'line\nbreak-here']) expect(idOf(id)).not.toBe(id)
})
