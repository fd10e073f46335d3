import { type Blob, type Handle, INLINE_BYTES_MAX, type Json, toHandle } from '@treadle/contract'

type PutBytes = (bytes: Uint8Array) => Promise<Blob>

/**
 * The value with its large parts stored and replaced by handles, the innermost first: so an expression that reads a small
 * field beside a large one needs no blob. A part of many small ones goes as a whole.
 */
export async function offloadLarge(value: Json, put: PutBytes): Promise<Json> {
  if (isSmall(value)) return value
  const smaller = await offloadMembers(value, put)
  if (smaller !== undefined && isSmall(smaller as Json)) return smaller as Json
  return toHandle(await put(Buffer.from(JSON.stringify(value)))) as unknown as Json
}

async function offloadMembers(value: Json, put: PutBytes): Promise<Record<string, Json | Handle> | undefined> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  // With so many members the handles alone would be large: nothing is stored for that.
  if (Object.keys(value).length > MEMBERS_MAX) return undefined
  const members: Record<string, Json | Handle> = {}
  for (const [key, member] of Object.entries(value)) members[key] = await offloadLarge(member, put)
  return members
}

const MEMBERS_MAX = 64

const isSmall = (value: Json): boolean => Buffer.byteLength(JSON.stringify(value)) <= INLINE_BYTES_MAX
