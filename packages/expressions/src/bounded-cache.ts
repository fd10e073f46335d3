/** Forgetting one key at a time would look through the holes that the ones before have left, again and again. */
const KEPT_SHARE = 0.75

/**
 * Remembers what a pure function gave for a key. When there are too many keys, or they are too long together, it forgets the oldest quarter.
 * Sharing it between runs changes nothing but time.
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
    if (entries.size <= entriesMax && characters <= charactersMax) return
    for (const oldest of entries.keys()) {
      if (entries.size <= entriesMax * KEPT_SHARE && characters <= charactersMax * KEPT_SHARE) return
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
