import type { Json } from '@treadle/contract'
import { expect, test } from 'vitest'
import { createTakeOver, cutFor } from './take-over.ts'

const run = { id: 'run_1', tenant: 'default', createdAt: '2026-11-26T00:00:00.000Z' }

test('outputs stay as they are while all together are small', () => {
  expect(cutFor([])).toBe(16_384)
  expect(cutFor(Array(16).fill(16_384))).toBe(16_384)
})

test('the larger ones are put aside as soon as all together are not, and never more than is needed', () => {
  expect(cutFor([...Array(100).fill(10_000), ...Array(20).fill(4_000)])).toBe(8_192)
  expect(cutFor(Array(1_000).fill(1_000))).toBe(512)
  expect(cutFor(Array(10_000).fill(300))).toBe(256)
})

test('ten thousand outputs come in pages that Temporal takes', async () => {
  const all = Array.from({ length: 10_000 }, (_, index) => ({
    path: `items[${String(index).padStart(5, '0')}].score`,
    output: (index % 2 === 0 ? 'x'.repeat(2_000) : index) as Json,
  }))
  const takeOver = createTakeOver({
    takenOver: {
      sizes: async () => all.map(({ output }) => JSON.stringify(output).length),
      page: async (_, { after = '', limit }) => {
        const outputs = all.filter(({ path }) => path > after).slice(0, limit)
        const next = outputs.length === limit ? outputs.at(-1)?.path : undefined
        return { outputs, ...(next !== undefined && { next }) }
      },
    },
    values: {
      keepStream: async () => null,
      open: async () => undefined,
      loadFitting: async (_, value) => value as Json,
      load: async (_, value) => value as Json,
      keep: async (_, value, { bytesMax = 0 } = {}) =>
        JSON.stringify(value).length > bytesMax ? { $blob: { sha256: 'a'.repeat(64), size: 2_002 } } : value,
    },
  })
  const seen: Record<string, unknown> = {}
  for (let after: string | undefined, more = true; more; ) {
    const { outputs, next } = await takeOver({ run, ...(after !== undefined && { after }) })
    expect(JSON.stringify(outputs).length).toBeLessThan(256 * 1024)
    Object.assign(seen, outputs)
    after = next
    more = next !== undefined
  }
  expect(Object.keys(seen)).toHaveLength(10_000)
  expect(seen['items[00001].score']).toBe(1)
  expect(seen['items[00002].score']).toHaveProperty('$blob')
})
