import type { Json, JsonSchema, RunRef, Runtime, Work } from '@treadle/contract'
import type { Pool } from 'pg'
import { persistentQuery } from '../database/persist.ts'
import { sharedStatement } from '../database/shared-statement.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'

/** What is executed, and so what a result is the result of. */
export type CacheKey = { runtime: Runtime; work: Work; outputSchema?: JsonSchema | undefined }

/** Results of nodes with `cache`, for all runs of a tenant: see routines/5_cache.sql. Calls wait out an outage, until `signal` aborts. */
export type ResultCache = {
  /** A result that is at most `ageMsMax` old; the run refers to its blobs from then on. */
  find(run: RunRef, key: CacheKey, ageMsMax: number, signal: AbortSignal): Promise<{ output: Json } | null>
  keep(run: RunRef, key: CacheKey, result: { output: Json; ttlMs: number }, signal: AbortSignal): Promise<void>
}

/** `pool`: connections of a login in `treadle_worker`. */
export const createResultCache = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): ResultCache => ({
  async find(run, key, ageMsMax, signal) {
    const values = [run.tenant, run.id, ...keyValues(key), ageMsMax]
    const query = sharedStatement('treadle find cached', values)
    const found = await persistentQuery<{ output: Json } | null>(pool, query, signal)
    return found && { output: sealer.open({ tenant: run.tenant }, found.output) }
  },
  async keep(run, key, { output, ttlMs }, signal) {
    const values = [run.tenant, ...keyValues(key), JSON.stringify(sealer.seal({ tenant: run.tenant }, output)), ttlMs]
    await persistentQuery(pool, sharedStatement('treadle keep cached', values), signal)
  },
})

const keyValues = ({ runtime, work, outputSchema }: CacheKey) => [
  runtime,
  JSON.stringify(work),
  outputSchema === undefined ? null : JSON.stringify(outputSchema),
]
