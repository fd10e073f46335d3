import type { Range } from '@treadle/contract'
import type { Pointer } from './pointer.ts'

/** Where a value stands in the text, as offsets in UTF-16 units; `end` is the first unit after it. */
export type Span = { start: number; end: number }

/** Where a member's key and value stand. The root and the items of lists have no key. */
export type Place = { key?: Span; value: Span }

export type Places = Map<Pointer, Place>

/** Turns offsets into lines and columns, both from 1. */
export function createLineIndex(text: string): (span: Span) => Range {
  const starts = [0]
  for (let index = text.indexOf('\n'); index !== -1; index = text.indexOf('\n', index + 1)) starts.push(index + 1)

  const position = (offset: number) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
  return ({ start, end }) => ({ start: position(start), end: position(Math.max(start, end)) })
}
