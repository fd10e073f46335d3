import type { BoundRange, Bounds } from '@treadle/contract'

const KEYS = [
  'nodeRuns',
  'llmCalls',
  'toolCalls',
  'activities',
  'historyEvents',
  'outputTokens',
  'costUsd',
] as const satisfies (keyof Bounds)[]

type Range = { least: number; most: number }

/** What something takes: of each key, by its place in KEYS, the least and the most. `most` is Infinity where nothing bounds it. */
export type Amounts = { least: readonly number[]; most: readonly number[] }

const NOTHING: Amounts = { least: KEYS.map(() => 0), most: KEYS.map(() => 0) }

/** Nothing, but for what is given. */
export function amounts(given: Partial<Record<keyof Bounds, Range>> = {}): Amounts {
  return {
    least: KEYS.map((key) => given[key]?.least ?? 0),
    most: KEYS.map((key) => given[key]?.most ?? 0),
  }
}

/** One of the keys. */
export function rangeOf({ least, most }: Amounts, key: keyof Bounds): Range {
  const at = KEYS.indexOf(key)
  return { least: least[at] ?? 0, most: most[at] ?? 0 }
}

/** The same with another range of one key. */
export function withRange(each: Amounts, key: keyof Bounds, range: Range): Amounts {
  const at = KEYS.indexOf(key)
  return { least: each.least.with(at, range.least), most: each.most.with(at, range.most) }
}

/** One after the other, or at the same time: all are taken. */
export function sum(all: Amounts[]): Amounts {
  return fold(all, add, add)
}

/** One of these is taken. None given: nothing. */
export function either(all: Amounts[]): Amounts {
  return fold(all, Math.min, Math.max)
}

/** The amounts between `least` and `most` times. */
export function times(each: Amounts, least: number, most: number): Amounts {
  return { least: each.least.map((value) => value * least), most: each.most.map((value) => multiply(value, most)) }
}

/** It may also not happen at all. */
export function optional({ most }: Amounts): Amounts {
  return { least: NOTHING.least, most }
}

/** The same with the least of another, where that is smaller. */
export function atLeast(each: Amounts, other: Amounts): Amounts {
  return { least: each.least.map((value, at) => Math.min(value, other.least[at] ?? 0)), most: each.most }
}

export function toBounds(each: Amounts): Bounds {
  const range = (key: keyof Bounds): BoundRange => {
    const { least, most } = rangeOf(each, key)
    return { least, most: most <= Number.MAX_SAFE_INTEGER ? most : null }
  }
  return Object.fromEntries(KEYS.map((key) => [key, range(key)])) as Bounds
}

type Operation = (a: number, b: number) => number

/** Plain loops: this is done for every node, and a list made by `map` for each would cost more than all the sums. */
function fold(all: Amounts[], least: Operation, most: Operation): Amounts {
  const [first = NOTHING] = all
  const folded = { least: [...first.least], most: [...first.most] }
  for (let index = 1; index < all.length; index++) {
    const each = all[index] ?? NOTHING
    for (let at = 0; at < KEYS.length; at++) {
      folded.least[at] = least(folded.least[at] ?? 0, each.least[at] ?? 0)
      folded.most[at] = most(folded.most[at] ?? 0, each.most[at] ?? 0)
    }
  }
  return folded
}

const add: Operation = (a, b) => a + b

/** No times anything is nothing, also where nothing bounds it. */
const multiply: Operation = (a, b) => (a === 0 || b === 0 ? 0 : a * b)
