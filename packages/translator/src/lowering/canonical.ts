import { canonicalJson, type Json } from '@treadle/expressions'

/**
 * A copy of a value with the members of every object in the order of RFC 8785 (by UTF-16 units), and its canonical JSON.
 * `JSON.stringify` writes numbers and texts just as RFC 8785 does, and is many times faster than anything written in
 * JavaScript; only keys that look like integers it puts in front, whatever their order: those take the long way.
 */
export function canonical<Value>(value: Value): { value: Value; json: string } {
  const state = { hasIndexKey: false }
  const sorted = sort(value, state) as Value
  return { value: sorted, json: state.hasIndexKey ? canonicalJson(value as Json) : JSON.stringify(sorted) }
}

/** The value itself where its members are in order already, which spares most of the copies. */
function sort(value: unknown, state: { hasIndexKey: boolean }): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return sortItems(value, state)
  const object = value as Record<string, unknown>
  const keys = Object.keys(object)
  let isSame = true
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] ?? ''
    const first = key.charCodeAt(0)
    if (first >= 0x30 && first <= 0x39) state.hasIndexKey = true
    if (index > 0 && (keys[index - 1] ?? '') > key) isSame = false
  }
  if (!isSame) keys.sort()
  const result: Record<string, unknown> = {}
  for (const key of keys) {
    const before = object[key]
    const after = sort(before, state)
    if (after !== before || after === undefined) isSame = false
    if (after !== undefined) result[key] = after
  }
  return isSame ? value : result
}

function sortItems(items: unknown[], state: { hasIndexKey: boolean }): unknown[] {
  let sorted: unknown[] | undefined
  for (let index = 0; index < items.length; index++) {
    const item = sort(items[index], state)
    if (item === items[index]) continue
    sorted ??= [...items]
    sorted[index] = item
  }
  return sorted ?? items
}
