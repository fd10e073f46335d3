import type { RunRef } from '@treadle/contract'
import type { Pool } from 'pg'
import { sharedStatement } from '../database/shared-statement.ts'

/** Gives the name of the stored workflow that a run executes; null where its document was posted with it. `pool`: of a worker. */
export const createWorkflowOf =
  ({ pool }: { pool: Pool }) =>
  async ({ tenant, id }: RunRef): Promise<string | null> => {
    const { rows } = await pool.query<{ value: string | null }>(
      sharedStatement('treadle stored workflow of', [tenant, id]),
    )
    return rows[0]?.value ?? null
  }
