import { defineSearchAttributeKey } from '@temporalio/common'
import { patched, upsertSearchAttributes } from '@temporalio/workflow'
import { type RunEnd, type RunStatus, SEARCH_ATTRIBUTES } from '@treadle/contract'

export const tenantKey = defineSearchAttributeKey('TreadleTenant', SEARCH_ATTRIBUTES.TreadleTenant)
export const workflowKey = defineSearchAttributeKey('TreadleWorkflow', SEARCH_ATTRIBUTES.TreadleWorkflow)
export const statusKey = defineSearchAttributeKey('TreadleStatus', SEARCH_ATTRIBUTES.TreadleStatus)

/** Runs that began without it go on to say nothing between their beginning and their end. */
const TELLS_CHANGES = 'status-attribute'

/**
 * The status as Temporal's own tools find runs by it. A change costs an event of the history, so it is told with what the workflow sends
 * anyway when it stops to wait or to pause: a run that does neither pays nothing.
 */
export function createStatusAttribute(atFirst: RunStatus) {
  let told = atFirst
  const tell = (status: RunStatus) => {
    told = status
    upsertSearchAttributes([{ key: statusKey, value: status }])
  }
  return {
    isBehind: (status: RunStatus): boolean => status !== told,
    change(status: RunStatus): void {
      if (status === told) return
      if (patched(TELLS_CHANGES)) tell(status)
      else told = status
    },
    end: (how: RunEnd['type']): void => tell(how),
  }
}
