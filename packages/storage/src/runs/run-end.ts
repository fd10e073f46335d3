import type { ErrorInfo, Json, RunEnd, RunRef } from '@treadle/contract'
import type { Pool } from 'pg'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'

/** Gives how a run has ended; undefined where it has not, or is gone. `pool`: of a worker. */
export const createRunEnd =
  ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }) =>
  async ({ tenant, id }: RunRef): Promise<RunEnd | undefined> => {
    const { rows } = await pool.query<{ type: RunEnd['type']; output: Json; error: ErrorInfo }>({
      name: 'treadle end of run',
      text: 'select status as type, output, error from treadle.runs where tenant = $1 and id = $2 and ended_seq is not null',
      values: [tenant, id],
    })
    const [end] = rows
    if (!end) return undefined
    const { type, output, error } = end
    const place = { tenant, run: id }
    switch (type) {
      case 'completed':
        return { type, output: sealer.open(place, output) }
      case 'failed':
        return { type, error: sealer.open(place, error as Json) as ErrorInfo }
      case 'cancelled':
        return { type }
    }
  }
