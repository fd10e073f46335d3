import type { Bridge } from '@treadle/bridge'
import { type RunRef, TreadleError, workflowIdOf } from '@treadle/contract'
import type { OpenRun, Orphan, PendingStart, RunStore } from '@treadle/storage'
import type { FastifyBaseLogger } from 'fastify'
import type { TellChildEnds } from '../runs/child-ends.ts'
import type { Starter } from '../runs/starter.ts'
import { forcedEnd } from './forced-end.ts'

export type ReconcilerParts = {
  runs: Pick<RunStore, 'pendingStarts' | 'openRuns' | 'orphans' | 'requestCancel' | 'close' | 'get'>
  bridge: Pick<Bridge, 'describe' | 'cancel'>
  starter: Pick<Starter, 'start'>
  tellChildEnds: TellChildEnds
  /** Between two rounds that found nothing to do. */
  intervalMs: number
  log: FastifyBaseLogger
}

export type Reconciler = {
  start(): void
  /** Resolves when the round under way is done. */
  stop(): Promise<void>
}

/** A request starts its own run at once; what is older was left behind. */
const START_GRACE_MS = 2_000
/** A run that writes events lives; of one that is silent for this long Temporal is asked. */
const SILENCE_MS = 5_000
const BATCH = 100
const AT_ONCE = 8
/** Runs that wait for people are silent and live: all of them are gone through once in this time, or slower when they are many. */
const LOOK_AGAIN_MS = 15_000
const ORPHANED = 'The run that started it has ended.'

/**
 * Brings Postgres and Temporal together again, whatever died between them: starts runs that are due and not started, and
 * closes runs that Temporal says are over without a last event. Every step may be done twice, and by several processes at
 * once: a started run is found started, and of two last events the first one stands. So nobody has to be elected.
 */
export function createReconciler({
  runs,
  bridge,
  starter,
  tellChildEnds,
  intervalMs,
  log,
}: ReconcilerParts): Reconciler {
  let isStopped = false
  let wake = () => {}
  let running: Promise<void> = Promise.resolve()
  /** Silent runs are gone through page by page, so memory does not grow with them, and none that lives hides one that does not. */
  let last: RunRef | undefined
  let nextPassAt = Number.NEGATIVE_INFINITY
  /** When each orphan was last cancelled. */
  const cancelled = new Map<string, number>()

  const startPending = async (): Promise<number> => {
    const pending = await runs.pendingStarts({ olderThanMs: START_GRACE_MS, limit: BATCH })
    await inParallel(pending, (run) => startOne(run))
    return pending.length
  }

  const startOne = async (pending: PendingStart) => {
    const { ref } = pending.run
    try {
      await starter.start(pending)
      log.info({ runId: ref.id }, 'A run was started by the reconciler')
    } catch (error) {
      if (!isRefusal(error)) throw error
      // Temporal will never take it, so waiting for it would be waiting for ever.
      const message = `Temporal cannot take this run: ${error.message}`
      await runs.close({
        run: ref,
        engineStatus: 'REFUSED',
        type: 'run.failed',
        data: { error: { type: 'internal', message } },
      })
      log.error({ err: error, runId: ref.id }, 'A run cannot be started')
    }
  }

  const closeEnded = async (): Promise<void> => {
    const now = performance.now()
    if (last === undefined) {
      if (now < nextPassAt) return
      nextPassAt = now + LOOK_AGAIN_MS
    }
    const open = await runs.openRuns({ olderThanMs: SILENCE_MS, limit: BATCH, ...(last && { after: last }) })
    last = open.length === BATCH ? open.at(-1)?.run : undefined // Before the work: a run that fails is passed over until the next time.
    await inParallel(open, compare)
  }

  const compare = async ({ run, status }: OpenRun) => {
    const workflowId = workflowIdOf(run.tenant, run.id)
    const engine = await bridge.describe(workflowId)
    if (engine.state === 'running') {
      // Whoever asked could not tell Temporal, or nothing is sent to a worker that would bring the wish back.
      if ((await runs.get(run.tenant, run.id))?.cancelRequested) await bridge.cancel(workflowId)
      const told = await tellChildEnds(run.tenant, run.id, SILENCE_MS)
      if (told > 0)
        log.warn({ runId: run.id, children: told }, 'A run was told by the reconciler that its children have ended')
      return
    }
    if (engine.state === 'not-found' && status === 'pending') return // It is still to be started.
    const end = forcedEnd(run, engine)
    if (await runs.close(end))
      log.warn({ runId: run.id, engineStatus: end.engineStatus }, 'A run was closed by the reconciler')
  }

  /** Children do not outlive a parent that waits for them; and one that was to be let go, and is not known to Temporal, will never begin. */
  const endOrphans = async (): Promise<void> => {
    const now = performance.now()
    const orphans = await runs.orphans({ olderThanMs: SILENCE_MS, limit: BATCH })
    for (const key of cancelled.keys())
      if (!orphans.some(({ run }) => workflowIdOf(run.tenant, run.id) === key)) cancelled.delete(key)
    const isDue = ({ run }: Orphan) =>
      (cancelled.get(workflowIdOf(run.tenant, run.id)) ?? Number.NEGATIVE_INFINITY) < now - LOOK_AGAIN_MS
    await inParallel(orphans.filter(isDue), async ({ run, status, isWaitedFor }) => {
      const workflowId = workflowIdOf(run.tenant, run.id)
      if (isWaitedFor) await runs.requestCancel(run.tenant, run.id, ORPHANED)
      const { state } = isWaitedFor ? { state: await bridge.cancel(workflowId) } : await bridge.describe(workflowId)
      // Should Temporal start it all the same, it finds its end and does nothing.
      if (state === 'not-found' && status === 'pending') {
        await runs.close({ run, engineStatus: 'NOT_STARTED', type: 'run.cancelled', data: { reason: ORPHANED } })
      }
      cancelled.set(workflowIdOf(run.tenant, run.id), now)
      log.warn({ runId: run.id }, 'A child whose parent has ended was cancelled by the reconciler')
    })
  }

  const rounds = async () => {
    while (!isStopped) {
      const started = await guarded('Starting what is left', startPending)
      await guarded('Closing what has ended', closeEnded)
      await guarded('Ending children without a parent', endOrphans)
      if (started !== BATCH && !isStopped) await pause()
    }
  }

  /** One round's failure is no reason to give up: the next one tries again. */
  const guarded = async <Value>(what: string, work: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!isStopped) log.warn({ err: error }, `${what} failed, and is tried again`)
      return undefined
    }
  }

  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, intervalMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  return {
    start() {
      running = rounds()
    },
    async stop() {
      isStopped = true
      wake()
      await running
    },
  }
}

const isRefusal = (error: unknown): error is TreadleError =>
  error instanceof TreadleError && error.type === 'invalid_request' && error.details !== undefined

/** Several at a time; all of them, also after one failed. @throws the first error. */
async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const errors: unknown[] = []
  const left = [...items]
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift())
      await work(item).catch((error) => errors.push(error))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  if (errors.length > 0) throw errors[0]
}
