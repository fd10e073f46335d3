import type { Pool } from 'pg'
import { inTenant } from '../database/transaction.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { readCheckpoints, readStateAt, readStatuses } from './read-checkpoints.ts'
import { readNamed, readOutputs, readPoints, readRequest } from './read-points.ts'
import type { StateStore } from './types.ts'

/** `pool`: connections of a login in `treadle_api`. */
export const createStateStore = ({ pool, sealer = NO_SEALER }: { pool: Pool; sealer?: Sealer }): StateStore => ({
  checkpoints: (tenant, runId, options) =>
    inTenant(pool, tenant, (client) => readCheckpoints(client, tenant, runId, options)),
  at: (tenant, runId, seq) => inTenant(pool, tenant, (client) => readStateAt(client, tenant, runId, { seq, sealer })),
  points: (tenant, runId, seq) => inTenant(pool, tenant, (client) => readPoints(client, tenant, runId, seq)),
  outputs: (tenant, runId, paths) =>
    inTenant(pool, tenant, (client) => readOutputs(client, tenant, runId, { paths, sealer })),
  named: (tenant, runId, name) => inTenant(pool, tenant, (client) => readNamed(client, tenant, runId, name)),
  request: (tenant, runId) => inTenant(pool, tenant, (client) => readRequest(client, tenant, runId, sealer)),
  statuses: (tenant, runId) => inTenant(pool, tenant, (client) => readStatuses(client, tenant, runId)),
})
