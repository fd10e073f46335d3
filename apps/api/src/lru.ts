/** The values that were used last, at most `size` of them. */
export type Lru<Value> = {
  /** The value of `key`; one that is not there is made, and kept. */
  getOr(key: string, make: () => Value): Value
}

export function createLru<Value>(size: number): Lru<Value> {
  const values = new Map<string, { value: Value }>()
  return {
    getOr(key, make) {
      const entry = values.get(key) ?? { value: make() }
      values.delete(key)
      values.set(key, entry) // A Map keeps the order of insertion: the first key is the one unused for longest.
      const [oldest] = values.keys()
      if (values.size > size && oldest !== undefined) values.delete(oldest)
      return entry.value
    },
  }
}
