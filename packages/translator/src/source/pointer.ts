/** A JSON Pointer (RFC 6901): '' is the whole document. */
export type Pointer = string

/** The pointer of a member or an item. */
export function child(pointer: Pointer, key: string | number): Pointer {
  return `${pointer}/${typeof key === 'number' ? key : escapeKey(key)}`
}

function escapeKey(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

/** The keys of a pointer, from the root; an item's index is a text of digits. */
export function keysOf(pointer: Pointer): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The pointer of what holds the place; '' of the root's members and of the root itself. */
export function parentOf(pointer: Pointer): Pointer {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')))
}

/** The value at a place, undefined where there is none. Own properties only. */
export function valueAt(root: unknown, pointer: Pointer): unknown {
  let value = root
  for (const key of keysOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}
