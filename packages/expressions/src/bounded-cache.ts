/**
 * Remembers what a pure function gave for a key, and forgets the oldest keys when there are too many, or when they are
 * too long together. Sharing it between runs changes nothing but time.
 */
export function boundedCache<Value extends object>({ entriesMax, charactersMax }: CacheBounds) {
  const entries = new Map<string, Value>()
  let characters = 0

  return (key: string, make: () => Value): Value => {
    const known = entries.get(key)
    if (known) return known
    const value = make()
    entries.set(key, value)
    characters += key.length
    forgetOldest()
    return value
  }

  function forgetOldest() {
    for (const oldest of entries.keys()) {
      if (entries.size <= entriesMax && characters <= charactersMax) return
      entries.delete(oldest)
      characters -= oldest.length
    }
  }
}

export interface CacheBounds {
  entriesMax: number
  /** Of all keys together. */
  charactersMax: number
}
