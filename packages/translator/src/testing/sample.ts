/** A share of a list, the same in every run: all of it with TREADLE_TEST_FULL=1, or when it is short. */
export function sample<T>(all: T[], count: number, seed = 1): T[] {
  if (process.env.TREADLE_TEST_FULL === '1' || all.length <= count) return all
  const random = createRandom(seed)
  const left = [...all]
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)).flat()
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
