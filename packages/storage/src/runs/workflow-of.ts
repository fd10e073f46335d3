import type { RunRef } from '@treadle/contract'
import type { Pool } from 'pg'

/** Gives the name of the stored workflow that a run executes; null where its document was posted with it. `pool`: of a worker. */
export const createWorkflowOf =
  ({ pool }: { pool: Pool }) =>
  async ({ tenant, id }: RunRef): Promise<string | null> => {
    const { rows } = await pool.query<{ name: string }>({
      name: 'treadle workflow of run',
      text: 'select workflow_name as name from treadle.runs where tenant = $1 and id = $2 and workflow_version is not null',
      values: [tenant, id],
    })
    return rows[0]?.name ?? null
  }
