import { type Blob, type Handle, INLINE_BYTES_MAX, type Json, toHandle } from '@treadle/contract'

/**
 * The value with its large parts stored and replaced by handles, the innermost first: so an expression that reads a small
 * field beside a large one needs no blob. A part of many small ones goes as a whole.
 */
export async function offloadLarge(
  value: Json,
  put: (bytes: Uint8Array) => Promise<Blob>,
): Promise<{ value: Json; blobs: Blob[] }> {
  const blobs: Blob[] = []

  const visit = async (part: Json): Promise<{ part: Json | Handle; bytes: number }> => {
    const whole = JSON.stringify(part)
    const bytes = Buffer.byteLength(whole)
    if (bytes <= INLINE_BYTES_MAX) return { part, bytes }
    const smaller = await visitMembers(part)
    if (smaller && smaller.bytes <= INLINE_BYTES_MAX) return smaller
    // Its members were stored for nothing, if any were: nobody refers to them, so they are swept.
    const blob = await put(Buffer.from(whole))
    blobs.push(blob)
    return { part: toHandle(blob), bytes: HANDLE_BYTES }
  }

  const visitMembers = async (part: Json) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return undefined
    const members: Record<string, Json | Handle> = {}
    for (const [key, member] of Object.entries(part)) members[key] = (await visit(member)).part
    return { part: members as Json, bytes: Buffer.byteLength(JSON.stringify(members)) }
  }

  const { part } = await visit(value)
  return { value: part as Json, blobs }
}

const HANDLE_BYTES = 120
