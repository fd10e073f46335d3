import { CancellationScope, getExternalWorkflowHandle, isCancellation, sleep } from '@temporalio/workflow'
import { type EvaluateTask, type Json, pausesRun, type RunArgs, type Template, workflowIdOf } from '@treadle/contract'
import type { Cancellation } from '../core/cancellation.ts'
import { cancelled, Failure, fail } from '../core/failure.ts'
import type { ExecuteOutcome, ExecuteRequest, Host, ReceiveOutcome } from '../core/host.ts'
import { evaluate, executeNode } from './activities.ts'
import { childRunIdOf } from './child-run-id.ts'
import type { Children } from './children.ts'
import type { Gate } from './gate.ts'
import { inScope } from './in-scope.ts'
import type { Inbox } from './inbox.ts'
import { isStepwise, type Limits } from './limits.ts'
import type { Outbox } from './outbox.ts'
import { activityEnd } from './outcome.ts'
import type { Pauses } from './pauses.ts'
import type { Recorder } from './recorder.ts'
import { createSegments } from './segments.ts'
import { startChildRun } from './start-child-run.ts'
import type { Status } from './status.ts'

type Parts = {
  args: RunArgs
  /** Of the run, over continue-as-new too; RFC 3339. */
  startedAt: string
  children: Children
  gate: Gate
  outbox: Outbox
  recorder: Recorder
  inbox: Inbox
  limits: Limits
  pauses: Pauses
  status: Status
}

/** The core's host in Temporal: workers are activities, time is timers, people are signals. */
export function createTemporalHost({
  args,
  startedAt,
  children,
  gate,
  outbox,
  recorder,
  inbox,
  limits,
  pauses,
  status,
}: Parts): Host & { readonly timers: number; readonly isStarting: boolean; readonly hasEnded: boolean } {
  const { run } = args
  let timers = 0
  /** Activities, children and timers of all kinds that are under way. */
  let elsewhere = 0
  const waitsElsewhere = () => elsewhere > 0 || inbox.waiting().length > 0
  const segments = createSegments({ run, gate, outbox, recorder, limits, waitsElsewhere })

  /** Waits until `untilMs`; false when cancelled before. */
  async function sleepUntil(untilMs: number, path: string, cancellation: Cancellation): Promise<boolean> {
    const ms = untilMs - Date.now()
    if (cancellation.isCancelled) return false
    if (ms <= 0) return true
    elsewhere += 1
    try {
      await inScope(cancellation, () => sleep(ms, { summary: path.slice(0, 200) }))
      return true
    } catch (error) {
      if (isCancellation(error)) return false
      throw error
    } finally {
      elsewhere -= 1
    }
  }

  async function executeOnce(
    { runtime, ...request }: ExecuteRequest,
    cancellation: Cancellation,
  ): Promise<ExecuteOutcome> {
    elsewhere += 1
    try {
      if (outbox.isLarge) await recorder.flush()
      if (cancellation.isCancelled) return notStarted
      const task = { task: 1, run, ...request, outbox: outbox.take() } as const
      const { output, usage, outboxApplied } = await inScope(cancellation, () => executeNode(task, runtime))
      outbox.applied(outboxApplied)
      return { ok: true, output: output as Json, ...(usage === undefined ? {} : { usage }) }
    } catch (thrown) {
      const { error, recorded, outboxApplied } = activityEnd(thrown)
      outbox.applied(outboxApplied)
      return { ok: false, error, recorded }
    } finally {
      elsewhere -= 1
      gate.leave()
    }
  }

  async function waitToBegin(path: string, cancellation: Cancellation): Promise<void> {
    for (;;) {
      if (!(await gate.enter(cancellation))) throw cancelled(path)
      gate.leave()
      const refusal = limits.countNode()
      if (!refusal) return
      if (!pausesRun(refusal)) throw new Failure({ ...refusal, node: path })
      pauses.forLimit(refusal)
    }
  }

  return {
    now: () => Date.now(),
    emit: (event) => outbox.put(event),

    admit(path, cancellation) {
      if (status.current() === 'paused') return waitToBegin(path, cancellation)
      const refusal = limits.countNode()
      if (!refusal) return undefined
      if (!pausesRun(refusal)) throw new Failure({ ...refusal, node: path })
      pauses.forLimit(refusal)
      return waitToBegin(path, cancellation)
    },

    /** A limit that pauses the run is met before anything is done, so what met it is tried again once the run is resumed. */
    async execute(request, cancellation) {
      for (let hasBegun = false; ; hasBegun = true) {
        const { resumes } = pauses
        if (!(await gate.enter(cancellation))) return { ...notStarted, recorded: !hasBegun }
        const outcome = await executeOnce(request, cancellation)
        if (outcome.ok || !pausesRun(outcome.error)) return outcome
        if (resumes === pauses.resumes) pauses.forLimit(outcome.error)
      }
    },

    // Where nodes are limited each is counted before it begins; a segment would count those that need no worker after it.
    ...(isStepwise(args) ? {} : { executeSegment: segments.execute }),

    async evaluate({ path, template, ...request }) {
      await gate.enter(undefined, true)
      try {
        const task: EvaluateTask = { run, ...request, template: template as Template }
        return (await evaluate(task)).value
      } catch (thrown) {
        throw new Failure({ ...activityEnd(thrown).error, node: path })
      } finally {
        gate.leave()
      }
    },

    async sleep({ path, untilMs, purpose }, cancellation) {
      if (purpose === 'timeout') return sleepUntil(untilMs, path, cancellation)
      timers += 1
      const slept = await sleepUntil(untilMs, path, cancellation)
      timers -= 1
      return slept
    },

    async receive(request, cancellation) {
      const outcome = await waitForSignal(request)
      // Cancelled with the run: then its end says more than that it goes on.
      if (outcome !== 'cancelled') status.stir()
      return outcome

      function waitForSignal({ path, untilMs }: typeof request): Promise<ReceiveOutcome> {
        return new Promise((resolve) => {
          if (cancellation.isCancelled) return resolve('cancelled')
          const timer = cancellation.child()
          const end = (outcome: ReceiveOutcome) => {
            leave()
            stopListening()
            timer.cancel()
            timer.detach()
            resolve(outcome)
          }
          let stopListening = () => {}
          let leave = () => {}
          leave = inbox.wait(request, (payload) => end({ payload }))
          stopListening = cancellation.onCancel(() => end('cancelled'))
          if (untilMs !== undefined)
            void sleepUntil(untilMs, path, timer).then((elapsed) => {
              if (elapsed) end('timeout')
            })
        })
      }
    },

    childRunId: (path) => childRunIdOf(run.id, path, Date.parse(startedAt)),

    async startChild(request, cancellation) {
      if (!(await gate.enter(cancellation))) return notStarted.error
      try {
        return await startChildRun(args, request)
      } finally {
        gate.leave()
      }
    },

    async childEnd({ childRunId }, cancellation) {
      await gate.enter(undefined, true)
      elsewhere += 1
      const unpark = gate.park()
      const stopListening = cancellation.onCancel(() => {
        // Cancelling comes from the root scope, which is cancelled itself by then. A child that has ended cannot be cancelled, and has told.
        const handle = getExternalWorkflowHandle(workflowIdOf(run.tenant, childRunId))
        CancellationScope.nonCancellable(() => handle.cancel()).catch(() => {})
      })
      const ended = children.end(childRunId)
      pauses.childBegan(childRunId)
      const { usage, ...end } = await ended
      stopListening()
      unpark()
      elsewhere -= 1
      gate.leave()
      const used = usage === undefined ? {} : { usage }
      return 'error' in end ? { error: end.error, ...used } : { output: end.output as Json, ...used }
    },

    get timers() {
      return timers
    },
    get isStarting() {
      return segments.isStarting
    },
    get hasEnded() {
      return segments.hasEnded
    },
  }
}

const notStarted = { ok: false, error: fail('cancelled', 'It was cancelled.').info, recorded: true } as const
