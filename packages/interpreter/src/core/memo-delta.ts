import type { MemoDelta } from '@treadle/contract'
import { type MemoEntry, type MemoJson, memoFromJson } from './memo.ts'

/** What is another in `after`, which has grown out of `before`; undefined where nothing is. Values are never changed, so they are compared by identity. */
export function memoDelta(before: MemoJson | undefined, after: MemoEntry): MemoDelta | undefined {
  const { inner: oldInner = {}, ...oldOwn } = before ?? {}
  const { inner, ...own } = after
  const isSame = before !== undefined && keysOf(oldOwn, own).every((key) => oldOwn[key] === own[key])
  if (!inner) return isSame && before.inner === undefined ? undefined : (own as MemoDelta)

  const changed: { [key: string]: MemoDelta | null } = {}
  for (const [key, entry] of inner) {
    const delta = memoDelta(Object.hasOwn(oldInner, key) ? oldInner[key] : undefined, entry)
    if (delta) changed[key] = delta
  }
  for (const key of Object.keys(oldInner)) if (!inner.has(key)) changed[key] = null
  if (isSame && Object.keys(changed).length === 0) return undefined
  return { ...own, inner: changed } as MemoDelta
}

/** Makes of `entry` what `memoDelta` found it to have become. An entry without `inner` has lost what was in it; null is one that is gone. */
export function applyMemoDelta(entry: MemoEntry, delta: MemoDelta): void {
  const { inner: changed, ...own } = delta
  const { inner = new Map<string, MemoEntry>() } = entry
  for (const key of Object.keys(entry) as (keyof MemoEntry)[]) delete entry[key]
  Object.assign(entry, own)
  if (!changed) return
  entry.inner = inner
  for (const [key, part] of Object.entries(changed)) {
    const found = inner.get(key)
    if (!part) inner.delete(key)
    else if (found) applyMemoDelta(found, part)
    else inner.set(key, memoFromJson(part as MemoJson))
  }
}

type Own = Omit<MemoEntry, 'inner'>

const keysOf = (...entries: Own[]) => [...new Set(entries.flatMap((entry) => Object.keys(entry)))] as (keyof Own)[]
