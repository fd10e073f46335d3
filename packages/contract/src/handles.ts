import type { Blob, Handle } from './generated/types.ts'
import type { Json } from './json.ts'

/** A value above this is a handle in the workflow (ARCHITECTURE.md, Values). Bytes of its JSON. */
export const INLINE_BYTES_MAX = 16 * 1024

/** A value above this can only be passed on: no expression reads into it. Bytes of its JSON. */
export const LOADABLE_BYTES_MAX = 4 * 1024 * 1024

export const toHandle = ({ sha256, size }: Blob): Handle => ({ $blob: { sha256, size } })

/** Says whether `value` stands for a stored blob. `$blob` is refused in what comes from outside, so no other value looks like it. */
export function isHandle(value: unknown): value is Handle {
  return typeof value === 'object' && value !== null && '$blob' in value
}

/** Every handle in `value`, at any depth. */
export function handlesIn(value: unknown): Blob[] {
  if (isHandle(value)) return [value.$blob]
  if (Array.isArray(value)) return value.flatMap(handlesIn)
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(handlesIn)
  return []
}

/** The JSON Pointer of the first place where `value`, from outside, pretends to be a handle; undefined where none does. */
export function findForgedHandle(value: Json, pointer = ''): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (!Array.isArray(value) && Object.hasOwn(value, '$blob')) return pointer
  for (const [key, part] of Object.entries(value)) {
    const found = findForgedHandle(part, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    if (found !== undefined) return found
  }
  return undefined
}

/** The value with each handle replaced by what `load` gives for it; a handle stays where that is undefined. */
export function replaceHandles(value: Json, load: (blob: Blob) => Json | undefined): Json {
  if (isHandle(value)) {
    const loaded = load(value.$blob)
    return loaded === undefined ? value : loaded
  }
  if (Array.isArray(value)) return value.map((item) => replaceHandles(item, load))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaceHandles(item, load)]))
}

/** The JSON Pointer of every handle in `value`. */
export function placesOfHandles(value: Json, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (isHandle(value)) return [pointer]
  return Object.entries(value).flatMap(([key, part]) =>
    placesOfHandles(part, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  )
}

/** Keywords whose verdict on a value depends on what is inside it. */
const LOOK_INSIDE = new Set(['anyOf', 'oneOf', 'not', 'if', 'contains', 'const', 'enum', 'uniqueItems'])

/**
 * Says whether a fault that a JSON Schema found at `pointer` by `keyword` is about one of the places that were not read, because what is there
 * can only be passed on: then it does not count.
 */
export function isAboutUnread(pointer: string, keyword: string, unread: readonly string[]): boolean {
  const isAt = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`)
  return unread.some((place) => isAt(pointer, place) || (LOOK_INSIDE.has(keyword) && isAt(place, pointer)))
}
