import { createHash } from 'node:crypto'
import type { RunId } from '@treadle/contract'

/**
 * A position in the logs of several runs, as one opaque word: a hash of the list of runs, then their positions as varints in
 * the order of the list.
 */
export function encodeCursor(runIds: readonly RunId[], positions: readonly number[]): string {
  const bytes = [...hashOf(runIds)]
  for (let position of positions) {
    for (; position > 127; position = Math.floor(position / 128)) bytes.push((position % 128) | 128)
    bytes.push(position)
  }
  return Buffer.from(bytes).toString('base64url')
}

/** The positions; undefined when it is no cursor, or one of another list. */
export function decodeCursor(runIds: readonly RunId[], cursor: string): number[] | undefined {
  const bytes = Buffer.from(cursor, 'base64url')
  const hash = hashOf(runIds)
  if (!bytes.subarray(0, hash.length).equals(hash)) return undefined
  const positions: number[] = []
  let at = hash.length
  while (at < bytes.length) {
    let position = 0
    let unit = 1
    for (let more = true; more; unit *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) return undefined
      position += (byte & 127) * unit
      more = byte > 127
    }
    if (!Number.isSafeInteger(position)) return undefined
    positions.push(position)
  }
  return positions.length === runIds.length ? positions : undefined
}

const HASH_BYTES = 6

const hashOf = (runIds: readonly RunId[]): Buffer =>
  createHash('sha256').update(JSON.stringify(runIds)).digest().subarray(0, HASH_BYTES)
