import type { Bridge } from '@treadle/bridge'
import { type RunId, type TenantId, workflowIdOf } from '@treadle/contract'
import type { RunStore } from '@treadle/storage'

/**
 * Tells a run of children that have ended and could not tell it themselves: they were ended by force, or nobody took their word. Resolves to
 * how many. Telling again is harmless.
 */
export type TellChildEnds = (tenant: TenantId, parent: RunId, olderThanMs: number) => Promise<number>

type Parts = { runs: Pick<RunStore, 'unheardChildren'>; bridge: Pick<Bridge, 'childEnded'> }

export const createTellChildEnds =
  ({ runs, bridge }: Parts): TellChildEnds =>
  async (tenant, parent, olderThanMs) => {
    const ends = await runs.unheardChildren(tenant, parent, olderThanMs)
    for (const end of ends) await bridge.childEnded(workflowIdOf(tenant, parent), end)
    return ends.length
  }
