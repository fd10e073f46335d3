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

function sort(value: unknown, state: { hasIndexKey: boolean }): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => sort(item, state))
  const object = value as Record<string, unknown>
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(object).sort()) {
    const first = key.charCodeAt(0)
    if (first >= 0x30 && first <= 0x39) state.hasIndexKey = true
    if (object[key] !== undefined) result[key] = sort(object[key], state)
  }
  return result
}
