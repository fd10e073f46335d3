import { canonicalJson, sha256 } from './canonical-json.ts'
import { problem } from './problem.ts'

/**
 * Where the next page of a list starts: the place of the last row, and which list with which filter it is a place of; in another one it
 * means nothing. It says what row was seen, not how many, so pages stay whole while rows are added.
 */
export const writeCursor = (place: unknown, list: unknown): string =>
  Buffer.from(JSON.stringify([place, markOf(list)])).toString('base64url')

/** The place in `cursor`. @throws ProblemAnswer where it is none of this list, or `isPlace` does not hold. */
export function readCursor<Place>(cursor: string, list: unknown, isPlace: (place: unknown) => place is Place): Place {
  try {
    const [place, mark] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    if (mark === markOf(list) && isPlace(place)) return place
  } catch {
    // Answered below, like a cursor of another list.
  }
  throw problem('malformed-request', 'The cursor is none of this list with this filter.')
}

const markOf = (list: unknown): string => sha256(canonicalJson(list)).slice(0, 12)

export const PAGE_QUERY = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: {
    type: 'string',
    maxLength: 1_000,
    description: 'The `nextCursor` of the page before, with the same filter.',
  },
} as const

/** `found` has one row more than `limit` where there is a next page. */
export function pageOf<Row>(
  found: readonly Row[],
  limit: number,
  cursorOf: (last: Row) => string,
): { rows: Row[]; nextCursor?: string } {
  const rows = found.slice(0, limit)
  const last = rows.at(-1)
  return { rows, ...(last !== undefined && found.length > limit && { nextCursor: cursorOf(last) }) }
}
