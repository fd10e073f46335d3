/**
 * Lets several sides do the same work in turns: A B C, A B C, …, with the order turned around every other round, so that
 * what changes slowly on the machine (heat, caches, neighbours) falls on all of them alike. The first round of each, which
 * pays for compiling and for connections, is not counted. Resolves to the counted rounds by side.
 */
export async function inTurns<K extends string, R>(
  sides: Partial<Record<K, () => Promise<R>>>,
  { rounds, warmUp = true }: { rounds: number; warmUp?: boolean },
): Promise<Partial<Record<K, R[]>>> {
  const entries = Object.entries(sides) as [K, () => Promise<R>][]
  const results: Partial<Record<K, R[]>> = {}
  if (warmUp) for (const [, measure] of entries) await measure()
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, measure] of round % 2 === 0 ? entries : entries.toReversed()) {
      const list = results[name] ?? []
      results[name] = list
      list.push(await measure())
    }
  }
  return results
}

/** One figure of every round, by side. */
export function figuresOf<K extends string, R>(
  results: Partial<Record<K, R[]>>,
  pick: (result: R) => number | undefined,
): Partial<Record<K, number[]>> {
  const entries = Object.entries(results) as [K, R[]][]
  const picked = entries.map(([name, list]) => [name, list.map(pick).filter((value) => value !== undefined)] as const)
  return Object.fromEntries(picked) as Partial<Record<K, number[]>>
}
