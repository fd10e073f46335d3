import { CancellationScope, getExternalWorkflowHandle, isCancellation, sleep } from '@temporalio/workflow'
import { type EvaluateTask, type Json, type RunArgs, type Template, workflowIdOf } from '@treadle/contract'
import type { Cancellation } from '../core/cancellation.ts'
import { Failure, fail } from '../core/failure.ts'
import type { Host, ReceiveOutcome } from '../core/host.ts'
import { evaluate, executeNode } from './activities.ts'
import type { Children } from './children.ts'
import type { Gate } from './gate.ts'
import { inScope } from './in-scope.ts'
import type { Inbox } from './inbox.ts'
import type { Outbox } from './outbox.ts'
import { activityEnd } from './outcome.ts'
import type { Recorder } from './recorder.ts'
import { createSegments } from './segments.ts'
import { newChildRunId, startChildRun } from './start-child-run.ts'
import type { Status } from './status.ts'

type Parts = {
  args: RunArgs
  children: Children
  gate: Gate
  outbox: Outbox
  recorder: Recorder
  inbox: Inbox
  status: Status
}

/** The core's host in Temporal: workers are activities, time is timers, people are signals. */
export function createTemporalHost({
  args,
  children,
  gate,
  outbox,
  recorder,
  inbox,
  status,
}: Parts): Host & { readonly timers: number; readonly hasEnded: boolean } {
  const { run } = args
  let timers = 0
  /** Activities, children and timers of all kinds that are under way. */
  let elsewhere = 0
  const waitsElsewhere = () => elsewhere > 0 || inbox.waiting().length > 0
  const segments = createSegments({ run, gate, outbox, recorder, waitsElsewhere })

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

  return {
    now: () => Date.now(),
    emit: (event) => outbox.put(event),

    async execute({ runtime, ...request }, cancellation) {
      if (!(await gate.enter(cancellation))) return notStarted
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
    },

    executeSegment: segments.execute,

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

    newRunId: newChildRunId,

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
      const end = await children.end(childRunId)
      stopListening()
      unpark()
      elsewhere -= 1
      gate.leave()
      return 'error' in end ? { error: end.error } : { output: end.output as Json }
    },

    get timers() {
      return timers
    },
    get hasEnded() {
      return segments.hasEnded
    },
  }
}

const notStarted = { ok: false, error: fail('cancelled', 'It was cancelled.').info, recorded: true } as const
