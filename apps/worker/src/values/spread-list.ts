import { INLINE_BYTES_MAX, type Json, type RunRef, TreadleError } from '@treadle/contract'
import type { Values } from './values.ts'

/** What a list may have in the workflow, in UTF-16 units of JSON: well below the 2 MiB of a Temporal payload. */
const LIST_LENGTH_MAX = 512 * 1024
/** Items above are stored; the next bound is for lists of many items that are still too large together. */
const ITEM_BYTES = [INLINE_BYTES_MAX, 1024, 256]

/** A list (or null) whose items above `itemBytesMax` became handles, at least those above 16 KiB. @throws TreadleError `invalid_request` where even that is too much. */
export async function spreadList(
  run: RunRef,
  value: Json,
  values: Values,
  itemBytesMax = INLINE_BYTES_MAX,
): Promise<Json> {
  const list = await values.load(run, value)
  if (!Array.isArray(list)) return list
  for (const bytesMax of ITEM_BYTES.filter((each) => each <= itemBytesMax)) {
    const items: Json[] = []
    for (const item of list) items.push(await values.keep(run, item, { bytesMax }))
    if (JSON.stringify(items).length <= LIST_LENGTH_MAX) return items
  }
  throw new TreadleError('invalid_request', `A list of ${list.length} items is too large to be gone through.`)
}
