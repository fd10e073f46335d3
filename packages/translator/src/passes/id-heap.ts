/** A priority queue of things with ids: the least id, in code-point order, comes out first. Ids are ASCII, so `<` is that order. */
export function createIdHeap<T extends { id: string }>() {
  const items: T[] = []

  const isBefore = (a: T | undefined, b: T | undefined) => a !== undefined && b !== undefined && a.id < b.id

  function swap(i: number, j: number): void {
    const [a, b] = [items[i], items[j]]
    if (a === undefined || b === undefined) return
    items[i] = b
    items[j] = a
  }

  return {
    push(item: T): void {
      let at = items.push(item) - 1
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!isBefore(items[at], items[parent])) return
        swap(at, parent)
        at = parent
      }
    },
    pop(): T | undefined {
      const least = items[0]
      const last = items.pop()
      if (items.length === 0 || last === undefined) return least
      items[0] = last
      for (let at = 0; ; ) {
        const [left, right] = [2 * at + 1, 2 * at + 2]
        const below = isBefore(items[right], items[left]) ? right : left
        if (!isBefore(items[below], items[at])) return least
        swap(at, below)
        at = below
      }
    },
  }
}
