import type { Bridge } from '@treadle/bridge'
import { type Accepted, type Control, type RunId, type RunStatus, type TenantId, workflowIdOf } from '@treadle/contract'
import type { RunRow, RunStore } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import { problem } from '../http/problem.ts'
import { unreachable } from './bridge-problems.ts'
import { hasEnded } from './run-view.ts'

export type ControlRunParts = {
  runs: Pick<RunStore, 'get' | 'requestCancel' | 'requestPause' | 'close'>
  bridge: Pick<Bridge, 'cancel' | 'terminate' | 'control'>
  log: { warn(fields: object, message: string): void }
}

type Target = {
  tenant: TenantId
  runId: RunId
  /** Names this wish: told twice under it, it is heard once. */
  id: string
  reason: string | undefined
}

/**
 * What people do to a run that goes on. The wish is in Postgres first, where every append of a worker sees it, and then
 * told to Temporal; where that fails the reconciler tells it again. Asking again changes nothing.
 * @throws ProblemAnswer
 */
export const createControlRun = ({ runs, bridge, log }: ControlRunParts) => {
  /** Open, or ended in the way that was asked for: then there is nothing left to do. */
  const target = async ({ tenant, runId }: Target, wanted?: RunStatus): Promise<RunRow> => {
    const run = await runs.get(tenant, runId)
    if (!run) throw problem('not-found', `There is no run ${runId}.`)
    if (hasEnded(run) && run.status !== wanted) throw problem('run-ended', `The run is ${run.status}.`)
    return run
  }
  const accepted = async ({ tenant, runId }: Target, run: RunRow): Promise<Accepted> => ({
    id: runId,
    status: (await runs.get(tenant, runId))?.status ?? run.status,
  })

  return {
    async cancel(command: Target): Promise<Accepted> {
      const { tenant, runId, reason } = command
      const run = await target(command, 'cancelled')
      if (hasEnded(run)) return { id: runId, status: run.status }
      await runs.requestCancel(tenant, runId, reason)
      crashPoint('cancel.flagged')
      const told = await bridge.cancel(workflowIdOf(tenant, runId)).catch((error) => {
        log.warn({ err: error, runId }, 'Temporal will be told later to cancel a run')
        return undefined
      })
      crashPoint('cancel.told')
      // Temporal does not know it yet, so no code of ours would end it. If it is started at this moment, it finds its end.
      if (told === 'not-found' && run.status === 'pending') {
        await runs.close({ run: run.ref, engineStatus: 'NOT_STARTED', type: 'run.cancelled', data: withReason(reason) })
      }
      return accepted(command, run)
    },

    /** Ends it at once, whether or not anybody executes it. */
    async terminate(command: Target): Promise<Accepted> {
      const { tenant, runId, reason } = command
      const run = await target(command, 'cancelled')
      if (hasEnded(run)) return { id: runId, status: run.status }
      try {
        await bridge.terminate(workflowIdOf(tenant, runId), reason ?? 'terminated through the API')
      } catch (error) {
        throw unreachable(error)
      }
      const data = { ...withReason(reason), forced: true }
      await runs.close({ run: run.ref, engineStatus: 'TERMINATED', type: 'run.cancelled', data })
      return accepted(command, run)
    },

    async pause(command: Target): Promise<Accepted> {
      const run = await target(command)
      await runs.requestPause(command.tenant, command.runId, true)
      await tell(command, { id: command.id, action: 'pause', ...withReason(command.reason) })
      return accepted(command, run)
    },

    async resume(command: Target & { limits: Control['limits'] | undefined }): Promise<Accepted> {
      const { limits, reason } = command
      const run = await target(command)
      await runs.requestPause(command.tenant, command.runId, false)
      await tell(command, {
        id: command.id,
        action: 'resume',
        ...withReason(reason),
        ...(limits !== undefined && { limits }),
      })
      return accepted(command, run)
    },
  }

  async function tell({ tenant, runId }: Target, control: Control): Promise<void> {
    let outcome: Awaited<ReturnType<Bridge['control']>>
    try {
      outcome = await bridge.control(workflowIdOf(tenant, runId), control)
    } catch (error) {
      throw unreachable(error)
    }
    if (outcome === 'sent') return
    const run = await runs.get(tenant, runId)
    if (run?.status !== 'pending') throw problem('run-ended', 'The run has just ended.')
    // The flag in Postgres is what its first step will see; limits have no such place.
    if (control.limits)
      throw problem('dependency-unavailable', 'The run has not begun yet. Try again when it is running.')
  }
}

export type ControlRun = ReturnType<typeof createControlRun>

const withReason = (reason: string | undefined) => (reason === undefined ? {} : { reason })
