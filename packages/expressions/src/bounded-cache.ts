import { CACHE_MAX } from './limits.ts'

/**
 * Remembers what a pure function gave for a key, and forgets the oldest entry when there are too many. Sharing it
 * between runs changes nothing but time.
 */
export function boundedCache<Value extends object>(entriesMax = CACHE_MAX) {
  const entries = new Map<string, Value>()

  return (key: string, make: () => Value): Value => {
    const known = entries.get(key)
    if (known) return known
    if (entries.size >= entriesMax) forgetOldest()
    const value = make()
    entries.set(key, value)
    return value
  }

  function forgetOldest() {
    for (const oldest of entries.keys()) {
      entries.delete(oldest)
      return
    }
  }
}
