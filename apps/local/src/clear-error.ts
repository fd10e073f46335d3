/**
 * A failure of the local stack that its message says in full: what is wrong, and the way out. It is printed without a
 * stack; anything else is a defect of ours and is printed with one.
 */
export class ClearError extends Error {
  override readonly name = 'ClearError'
}

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
