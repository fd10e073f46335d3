import type { EngineState } from '@treadle/bridge'
import type { RunRef } from '@treadle/contract'
import type { ForcedEnd } from '@treadle/storage'

/** How a run ends of which Temporal says that it is over, and which has no last event. */
export function forcedEnd(run: RunRef, engine: Exclude<EngineState, { state: 'running' }>): ForcedEnd {
  if (engine.state === 'not-found') {
    return failed(run, 'NOT_FOUND', 'internal', 'Temporal knows nothing of this run any more.')
  }
  switch (engine.how) {
    case 'terminated': {
      const { reason } = engine
      return {
        run,
        engineStatus: 'TERMINATED',
        type: 'run.cancelled',
        data: { ...(reason !== undefined && { reason }), forced: true },
      }
    }
    case 'cancelled':
      return { run, engineStatus: 'CANCELED', type: 'run.cancelled', data: { forced: true } }
    case 'timed-out':
      return failed(run, 'TIMED_OUT', 'timeout', 'The run took longer than this deployment lets a run take.')
    case 'failed':
      return failed(run, 'FAILED', 'internal', 'The run’s workflow failed; the worker’s log has it.')
    case 'completed':
      return failed(run, 'COMPLETED', 'internal', 'The run’s workflow ended without a result.')
  }
}

const failed = (run: RunRef, engineStatus: string, type: string, message: string): ForcedEnd => ({
  run,
  engineStatus,
  type: 'run.failed',
  data: { error: { type, message } },
})
