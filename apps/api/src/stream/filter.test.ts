import { expect, test } from 'vitest'
import { eventFilter, listOf } from './filter.ts'

const log = [
  ['run.started'],
  ['node.started', 'items'],
  ['node.started', 'items[3].score'],
  ['node.delta', 'items[3].score'],
  ['node.delta', 'items2'],
  ['node.delta', 'ask~2.tool[0]'],
  ['run.completed'],
] as const

const seen = (filter: Parameters<typeof eventFilter>[0]) =>
  log
    .map(([type, node], index) => ({ seq: index + 1, type, json: '', ...(node !== undefined && { node }) }))
    .filter(eventFilter(filter))
    .map(({ seq }) => seq)
    .join(' ')

test('without a filter everything comes', () => expect(seen({})).toBe('1 2 3 4 5 6 7'))
test('by type', () => expect(seen({ types: ['node.delta'] })).toBe('4 5 6 7'))
test('by node, with what runs inside of it', () => expect(seen({ nodes: ['items'] })).toBe('2 3 4 7'))
test('by one item', () => expect(seen({ nodes: ['items[3]'] })).toBe('3 4 7'))
test('by an agent, with its calls', () => expect(seen({ nodes: ['ask'] })).toBe('6 7'))
test('by both', () => expect(seen({ types: ['node.started'], nodes: ['items[3]'] })).toBe('3 7'))
test('the last event always comes', () => expect(seen({ types: [], nodes: [] })).toBe('7'))

test('commas and repetition mean the same', () => expect(listOf(['a,b', 'c'])).toEqual(['a', 'b', 'c']))
