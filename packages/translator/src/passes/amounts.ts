import type { BoundRange, Bounds } from '@treadle/contract'

/** What something takes: of everything the least and the most. `most` is Infinity where nothing bounds it. */
export type Amounts = Record<keyof Bounds, { least: number; most: number }>

const KEYS: (keyof Bounds)[] = [
  'nodeRuns',
  'llmCalls',
  'toolCalls',
  'activities',
  'historyEvents',
  'outputTokens',
  'costUsd',
]

/** Nothing, but for what is given. */
export function amounts(given: Partial<Amounts> = {}): Amounts {
  return build((key) => given[key] ?? { least: 0, most: 0 })
}

/** One after the other, or at the same time: both are taken. */
export function sum(all: Amounts[]): Amounts {
  return build((key) => ({
    least: all.reduce((total, each) => total + each[key].least, 0),
    most: all.reduce((total, each) => total + each[key].most, 0),
  }))
}

/** One of these is taken. None given: nothing. */
export function either(all: Amounts[]): Amounts {
  if (all.length === 0) return amounts()
  return build((key) => ({
    least: Math.min(...all.map((each) => each[key].least)),
    most: Math.max(...all.map((each) => each[key].most)),
  }))
}

/** Taken between `least` and `most` times. */
export function times(each: Amounts, least: number, most: number): Amounts {
  return build((key) => ({ least: each[key].least * least, most: multiply(each[key].most, most) }))
}

/** It may also not happen at all. */
export function optional(each: Amounts): Amounts {
  return build((key) => ({ least: 0, most: each[key].most }))
}

/** The same with other least amounts, where those are smaller. */
export function atLeast(each: Amounts, other: Amounts): Amounts {
  return build((key) => ({ least: Math.min(each[key].least, other[key].least), most: each[key].most }))
}

export function toBounds(each: Amounts): Bounds {
  const range = ({ least, most }: { least: number; most: number }): BoundRange => ({
    least,
    most: most <= Number.MAX_SAFE_INTEGER ? most : null,
  })
  return Object.fromEntries(KEYS.map((key) => [key, range(each[key])])) as Bounds
}

function build(of: (key: keyof Bounds) => { least: number; most: number }): Amounts {
  return Object.fromEntries(KEYS.map((key) => [key, of(key)])) as Amounts
}

/** No times anything is nothing, also where nothing bounds it. */
const multiply = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)
