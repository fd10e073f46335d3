import type { Json, Path, RunRef } from '@treadle/contract'
import type { Pool } from 'pg'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import type { TakenOverPage } from './types.ts'

/** What a fork took over, for whoever executes it. */
export type TakenOverOutputs = {
  /**
   * The outputs past the path `after`, in the order of paths, at most `limit`. The same page for ever: they were stored with the run.
   */
  page(run: RunRef, options: { after?: Path; limit: number }): Promise<TakenOverPage>
  /** Bytes of JSON of each of them, without order. */
  sizes(run: RunRef): Promise<number[]>
}

/** `pool`: connections of a login in `treadle_worker`. */
export const createTakenOver = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): TakenOverOutputs => ({
  async page({ tenant, id }, { after = '', limit }) {
    const { rows } = await pool.query<{ path: string; output: Json }>(PAGE, [tenant, id, after, limit])
    const last = rows.at(-1)
    const outputs = rows.map(({ path, output }) => ({ path, output: sealer.open({ tenant, run: id, path }, output) }))
    return { outputs, ...(rows.length === limit && last && { next: last.path }) }
  },
  async sizes({ tenant, id }) {
    const { rows } = await pool.query<{ sizes: number[] }>(SIZES, [tenant, id])
    return rows[0]?.sizes ?? []
  },
})

// Only what was taken over has an attempt of 0.
const PAGE = `
  select path, output from treadle.checkpoints
  where tenant = $1 and run_id = $2 and attempt = 0 and path > $3 order by path limit $4`

const SIZES = `
  select coalesce(array_agg(octet_length(output::text)), '{}') as sizes from treadle.checkpoints
  where tenant = $1 and run_id = $2 and attempt = 0`
