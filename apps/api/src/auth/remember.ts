/**
 * Remembers answers for a short time, the newest `entriesMax` of them, so that a busy caller does not cost a query a request.
 * undefined is not remembered: what is not there now may be there at once. Callers at the same time share one question.
 */
export function remember<Value>(
  ask: (key: string) => Promise<Value | undefined>,
  {
    forMs,
    entriesMax = 10_000,
    now = () => performance.now(),
  }: { forMs: number; entriesMax?: number; now?: () => number },
): (key: string) => Promise<Value | undefined> {
  const known = new Map<string, { value: Value; until: number }>()
  const asked = new Map<string, Promise<Value | undefined>>()

  const askAnew = async (key: string) => {
    const value = await ask(key)
    if (value === undefined) {
      known.delete(key)
      return undefined
    }
    known.set(key, { value, until: now() + forMs })
    const [oldest] = known.keys()
    if (known.size > entriesMax && oldest !== undefined) known.delete(oldest)
    return value
  }

  return (key) => {
    const entry = known.get(key)
    if (entry && entry.until > now()) return Promise.resolve(entry.value)
    const running = asked.get(key) ?? askAnew(key).finally(() => asked.delete(key))
    asked.set(key, running)
    return running
  }
}
