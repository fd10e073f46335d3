import type { Pool } from 'pg'
import type { BlobRefs } from './types.ts'

/** `pool`: connections of either role. */
export function createBlobRefs(_options: { pool: Pool }): BlobRefs {
  throw new Error('Not there yet.')
}
