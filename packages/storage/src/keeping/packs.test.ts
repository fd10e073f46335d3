import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toLine } from '../events/event-line.ts'
import { NO_SEALER } from '../sealing/sealer.ts'
import { fromBytes, toBytes } from './pack-bytes.ts'
import { packLines } from './pack-lines.ts'
import { unpackLines } from './unpack-lines.ts'

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('🌍', '\ud83c', '\udf0d', '\u2028', '"\\\n'),
)
const piece = fc.record({ text, offset: fc.nat() }).map((data) => JSON.stringify(data))
const spaced = fc.record({ offset: fc.nat(), text }).map((data) => JSON.stringify(data, null, 1).replaceAll('\n', ''))
const call = fc
  .record({ toolCall: fc.record({ index: fc.nat(3), arguments: text }) })
  .map((data) => JSON.stringify(data))
const anything = fc.dictionary(fc.string(), fc.jsonValue()).map((data) => JSON.stringify(data))

const event = fc.record({
  type: fc.constantFrom('node.delta', 'node.delta', 'node.delta', 'node.started', 'log', 'custom.a-b'),
  step: fc.nat(2_000),
  node: fc.option(fc.constantFrom('"a"', '"b"', '"m[\\"ké\\\\y\\"].x"'), { nil: undefined }),
  attempt: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  data: fc.oneof(piece, piece, spaced, call, anything),
})

/** A log from `first` on, and never going back in time. */
const log = fc
  .tuple(fc.integer({ min: 1, max: 1e9 }), fc.array(event, { minLength: 1, maxLength: 60 }))
  .map(([first, events]) => {
    let time = Date.parse('2026-11-26T23:59:59.990Z')
    return events.map(({ step, ...parts }, index) => {
      time += step
      return toLine({ seq: first + index, runId: 'run_1', time: new Date(time).toISOString(), ...parts })
    })
  })

test('whatever was packed comes back, byte for byte', () => {
  fc.assert(
    fc.property(log, (lines) => {
      expect(unpackLines(packLines(lines))).toEqual(lines)
    }),
  )
})

test('also by way of the bytes that are stored', async () => {
  await fc.assert(
    fc.asyncProperty(log, async (lines) => {
      expect(await fromBytes(NO_SEALER, 'default', await toBytes(NO_SEALER, 'default', lines))).toEqual(lines)
    }),
    { numRuns: 30 },
  )
})

const delta = (index: number, data: string) =>
  toLine({
    seq: index + 1,
    runId: 'run_1',
    type: 'node.delta',
    time: '2026-11-26T10:00:00.000Z',
    node: '"a"',
    attempt: 1,
    data,
  })

test('the text of an attempt stands once, and offsets that follow on take no room', () => {
  const lines = ['Hello', ' 🌍', '!'].map((piece, index) =>
    delta(index, JSON.stringify({ text: piece, offset: [0, 5, 7][index] })),
  )
  expect(packLines(lines)).toMatchObject({ texts: ['Hello 🌍!'], data: [[5, 0], 3, 1] })
})

test('a log takes a small part of its room', async () => {
  const lines = Array.from({ length: 1_000 }, (_, index) =>
    delta(index, JSON.stringify({ text: ' token', offset: 6 * index })),
  )
  const bytes = await toBytes(NO_SEALER, 'default', lines)
  expect(bytes.length).toBeLessThan(lines.join('\n').length / 50)
})

test.each([
  ['is no event', 'hello'],
  ['has a time that is written otherwise', delta(0, '{}').replace('.000Z', 'Z')],
  ['has a number that is written otherwise', delta(0, '{}').replace('"seq":1', '"seq":01')],
])('a line that %s is refused, and not changed', (_, line) => {
  expect(() => packLines([line])).toThrow(/event/)
})

test('lines that are no neighbours are refused', () => {
  expect(() => packLines([delta(0, '{}'), delta(2, '{}')])).toThrow('cannot be packed')
})
