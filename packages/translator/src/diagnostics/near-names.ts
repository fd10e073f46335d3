/** The known name that is most likely meant by `name`; undefined where none is near. */
export function nearName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(normal(name), normal(candidate), bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** The hint for a misspelt name: the near one, else what there is, else `otherwise`. */
export function nearNameHint(name: string, known: Iterable<string>, otherwise: string): string {
  const names = [...known].sort()
  const near = nearName(name, names)
  if (near !== undefined) return `did you mean "${near}"?`
  if (names.length === 0) return otherwise
  const shown = names.slice(0, 8).map((each) => `"${each}"`)
  return `there is ${shown.join(', ')}${names.length > shown.length ? `, and ${names.length - shown.length} more` : ''}`
}

/** Case and the way words are joined are the commonest slips. */
const normal = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

/** Optimal string alignment: changes, insertions, deletions and swaps of neighbours; `max` where it is that much or more. */
function editDistance(a: string, b: string, max: number): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let cost = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1)
      next.push(cost)
    }
    if (Math.min(...next) >= max) return max
    before = row
    row = next
  }
  return row[b.length] ?? max
}
