import type { Json, JsonSchema, RunRef, Runtime } from '@treadle/contract'
import type { Pool } from 'pg'
import type { AttemptKey } from '../appender/types.ts'
import { persistentQuery } from '../database/persist.ts'
import { sharedStatement } from '../database/shared-statement.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'

/** A function as a worker publishes it. */
export type PublishedFunction = {
  name: string
  description?: string
  inputSchema?: JsonSchema
  outputSchema?: JsonSchema
}

/** A function that can be called just now; a schema that takes anything (`true`) is left out. */
export type ServedFunction = {
  runtime: Runtime
  name: string
  inputSchema?: Record<string, unknown>
  outputSchema?: Record<string, unknown>
}

/** Functions of workers, and what their calls keep: see routines/6_functions.sql. */
export type FunctionStore = {
  /** What the worker has counts for `ttlS` seconds, in the place of what it told before. */
  publish(runtime: Runtime, worker: string, functions: readonly PublishedFunction[], ttlS: number): Promise<void>
  /** Keeps a state for the next attempt; false where a newer one has taken over. An outage is waited out until `signal` aborts. */
  saveState(key: AttemptKey, state: Json, signal: AbortSignal): Promise<boolean>
  /** The state that an attempt of this path has kept last; null where none did. */
  loadState(key: AttemptKey, signal: AbortSignal): Promise<Json>
  runMetadata(run: RunRef, signal: AbortSignal): Promise<RunMetadata>
}

export type RunMetadata = { workflow: string; version?: string; tags: Record<string, string> }

/** `pool`: connections of a login in `treadle_worker`. */
export const createFunctionStore = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): FunctionStore => ({
  async publish(runtime, worker, functions, ttlS) {
    await pool.query(sharedStatement('treadle publish functions', [runtime, worker, JSON.stringify(functions), ttlS]))
  },
  saveState({ run, path, attempt }, state, signal) {
    const sealed = sealer.seal({ tenant: run.tenant, run: run.id, path }, state)
    const values = [run.tenant, run.id, path, attempt, JSON.stringify(sealed)]
    return persistentQuery<boolean>(pool, sharedStatement('treadle save state', values), signal)
  },
  async loadState({ run, path }, signal) {
    const values = [run.tenant, run.id, path]
    const state = await persistentQuery<Json>(pool, sharedStatement('treadle load state', values), signal)
    return sealer.open({ tenant: run.tenant, run: run.id, path }, state)
  },
  runMetadata({ tenant, id }, signal) {
    return persistentQuery<RunMetadata>(pool, sharedStatement('treadle run metadata', [tenant, id]), signal)
  },
})

/** What there is to be called just now. `pool`: connections of a login in `treadle_api`. */
export const createReadFunctions =
  ({ pool }: { pool: Pool }) =>
  async (): Promise<ServedFunction[]> => {
    const { rows } = await pool.query<ServedRow>({ name: 'treadle served functions', text: SERVED })
    return rows.map(({ runtime, name, input_schema: input, output_schema: output }) => ({
      runtime,
      name,
      ...(isObject(input) && { inputSchema: input }),
      ...(isObject(output) && { outputSchema: output }),
    }))
  }

type ServedRow = { runtime: Runtime; name: string; input_schema: JsonSchema | null; output_schema: JsonSchema | null }

const SERVED = 'select runtime, name, input_schema, output_schema from treadle.served_functions()'

const isObject = (schema: JsonSchema | null): schema is Record<string, unknown> =>
  typeof schema === 'object' && schema !== null
