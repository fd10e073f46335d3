/**
 * Says where `actual` is not as `expected`; undefined where it is. `{ $match: pattern }` takes a text that a library words,
 * `{ $any: true }` anything that is there. With `partly` an object may have more than is expected of it.
 */
export function difference(actual: unknown, expected: unknown, { partly = false, at = '' } = {}): string | undefined {
  if (isRecord(expected) && '$any' in expected) return actual === undefined ? `${at}: missing` : undefined
  if (isRecord(expected) && '$match' in expected) {
    const fits = typeof actual === 'string' && new RegExp(String(expected.$match), 'u').test(actual)
    return fits ? undefined : `${at}: ${show(actual)} does not match /${String(expected.$match)}/`
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${at}: ${show(actual)} is no list`
    if (actual.length !== expected.length)
      return `${at}: ${actual.length} items, not ${expected.length}: ${show(actual)}`
    return first(expected, (item, index) => difference(actual[index], item, { partly, at: `${at}/${index}` }))
  }
  if (isRecord(expected)) {
    if (!isRecord(actual)) return `${at}: ${show(actual)}, not ${show(expected)}`
    const more = Object.keys(actual).find((key) => !(key in expected))
    if (!partly && more !== undefined) return `${at}/${more}: ${show(actual[more])} is not expected`
    return first(Object.entries(expected), ([key, item]) =>
      difference(actual[key], item, { partly, at: `${at}/${key}` }),
    )
  }
  return Object.is(actual, expected) ? undefined : `${at}: ${show(actual)}, not ${show(expected)}`
}

function first<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 400) ?? String(value)
