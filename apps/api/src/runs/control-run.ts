import type { Bridge } from '@treadle/bridge'
import {
  type Accepted,
  type Control,
  type Resume,
  type RunId,
  type RunStatus,
  type TenantId,
  workflowIdOf,
} from '@treadle/contract'
import type { IdempotencyKey, RunRow, RunStore } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import { effectIdOf } from '../http/idempotency.ts'
import { problem } from '../http/problem.ts'
import { unreachable } from './bridge-problems.ts'
import type { TellChildEnds } from './child-ends.ts'
import { hasEnded } from './run-view.ts'

export type ControlRunParts = {
  runs: Pick<RunStore, 'get' | 'planOf' | 'requestCancel' | 'requestPause' | 'requestResume' | 'close'>
  bridge: Pick<Bridge, 'cancel' | 'terminate' | 'control'>
  tellChildEnds: TellChildEnds
  log: { warn(fields: object, message: string): void }
}

type Target = {
  tenant: TenantId
  runId: RunId
  /** Names this wish: put down twice under it, or told twice, it counts once. */
  key: IdempotencyKey | undefined
  reason: string | undefined
}

/**
 * What people do to a run that goes on. The wish is in Postgres first, where every append of a worker sees it, and then
 * told to Temporal. Where that fails the reconciler tells a cancel again, and whoever asked for a pause or a resume is told to ask again.
 * Asking again changes nothing.
 * @throws ProblemAnswer
 */
export const createControlRun = ({ runs, bridge, tellChildEnds, log }: ControlRunParts) => {
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
      crashPoint('terminate.told')
      const data = { ...withReason(reason), forced: true }
      await runs.close({ run: run.ref, engineStatus: 'TERMINATED', type: 'run.cancelled', data })
      crashPoint('terminate.closed')
      // It says nothing any more, and somebody may wait for it. What fails here the reconciler does.
      if (run.parent !== undefined) await tellChildEnds(tenant, run.parent, 0).catch(() => {})
      return accepted(command, run)
    },

    async pause(command: Target): Promise<Accepted> {
      const { tenant, runId, key, reason } = command
      const run = await target(command)
      await runs.requestPause(tenant, runId, key)
      crashPoint('pause.flagged')
      await tell(command, { id: effectIdOf(key), action: 'pause', ...withReason(reason) })
      crashPoint('pause.told')
      return accepted(command, run)
    },

    async resume(command: Target & { limits: Resume['limits'] | undefined }): Promise<Accepted> {
      const { limits, key, reason } = command
      const run = await target(command)
      const own = await clear(command, limits ?? {})
      crashPoint('resume.flagged')
      await tell(command, {
        id: effectIdOf(key),
        action: 'resume',
        ...withReason(reason),
        ...(limits && { limits: own }),
      })
      crashPoint('resume.told')
      return accepted(command, run)
    },
  }

  /**
   * Takes the wish to pause back, and raises limits. Gives those that the workflow itself has to know of.
   * @throws ProblemAnswer for a limit that the run does not have.
   */
  async function clear(
    { tenant, runId, key }: Target,
    limits: NonNullable<Resume['limits']>,
  ): Promise<NonNullable<Control['limits']>> {
    const { durationMs, ...counted } = limits
    const isRaised = Object.keys(limits).length > 0
    const own = isRaised ? (await runs.planOf(tenant, runId))?.limits : undefined
    const missing = durationMs !== undefined && own?.durationMs === undefined ? ['durationMs'] : []
    if (missing.length === 0) missing.push(...(await runs.requestResume(tenant, runId, counted, key)))
    if (missing.length > 0) {
      throw problem(
        'malformed-request',
        `The run has no limit ${missing.join(', ')}: only what is limited can be raised.`,
      )
    }
    return {
      ...(durationMs !== undefined && { durationMs }),
      ...(counted.nodeRuns !== undefined && own?.nodeRuns !== undefined && { nodeRuns: counted.nodeRuns }),
    }
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
    // Its workflow begins by what is in Postgres. What it keeps of limits itself has no place there.
    if (control.limits && Object.keys(control.limits).length > 0)
      throw problem('dependency-unavailable', 'The run has not begun yet. Try again when it is running.')
  }
}

export type ControlRun = ReturnType<typeof createControlRun>

const withReason = (reason: string | undefined) => (reason === undefined ? {} : { reason })
