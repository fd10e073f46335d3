import type { Bridge } from '@treadle/bridge'
import { type RunId, type TenantId, workflowIdOf } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'
import type { FastifyBaseLogger } from 'fastify'

export type EraseRun = (tenant: TenantId, runId: RunId) => ReturnType<RunStore['erase']>

/** Erases a run here, and then what Temporal keeps of it: where that cannot be reached, Temporal's own retention takes it. */
export const createEraseRun = ({
  runs,
  bridge,
  log,
}: {
  runs: Pick<RunStore, 'erase'>
  bridge: Pick<Bridge, 'forget'>
  log: FastifyBaseLogger
}): EraseRun => {
  return async (tenant, runId) => {
    const outcome = await runs.erase(tenant, runId)
    if (outcome === 'erased') {
      bridge
        .forget(workflowIdOf(tenant, runId))
        .catch((error: unknown) =>
          log.warn({ err: error, runId }, 'Temporal keeps an erased run until its own retention'),
        )
    }
    return outcome
  }
}
