import type { Pool } from 'pg'
import type { RunStore } from './types.ts'

/** `pool`: connections of a login in `treadle_api`. */
export function createRunStore(_options: { pool: Pool }): RunStore {
  throw new Error('Not there yet.')
}
