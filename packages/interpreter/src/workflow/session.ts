import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  log,
  workflowInfo,
} from '@temporalio/workflow'
import { type ErrorInfo, type Json, pausesRun, type RunArgs, type RunEnd, type Usage } from '@treadle/contract'
import { createCancellation } from '../core/cancellation.ts'
import { outputData } from '../core/events.ts'
import { Failure, toFailure } from '../core/failure.ts'
import { memoFromJson, memoToJson } from '../core/memo.ts'
import { runPlan } from '../core/run-plan.ts'
import { activationEnds, holdsAtEnd } from './activation-ends.ts'
import { evaluate, record, requestCancel } from './activities.ts'
import {
  CARRIED_OUTPUT_BYTES_MAX,
  HISTORY_EVENTS_MAX,
  HISTORY_EVENTS_MAX_LONG_RUNNING,
  IN_FLIGHT_MAX,
} from './bounds.ts'
import type { Carry } from './carry.ts'
import { createChildren } from './children.ts'
import { createGate } from './gate.ts'
import { registerHandlers } from './handlers.ts'
import { createInbox } from './inbox.ts'
import { createLimits } from './limits.ts'
import { createOutbox } from './outbox.ts'
import { createPauses } from './pauses.ts'
import { readTakenOver } from './read-taken-over.ts'
import { createRecorder } from './recorder.ts'
import { runFailure } from './run-failure.ts'
import { createStatusAttribute } from './search-attributes.ts'
import { isTooLarge, shrinkMemo } from './shrink-memo.ts'
import { stateView } from './state-view.ts'
import { createStatus } from './status.ts'
import { tellParent } from './tell-parent.ts'
import { createTemporalHost } from './temporal-host.ts'

/** One workflow execution of a run: all of it, or a part between two continue-as-new. */
export function createSession(args: RunArgs) {
  const { run, plan } = args
  const carry = args.carry as Carry | undefined
  const startedAt = carry?.startedAt ?? workflowInfo().startTime.toISOString()
  const memo = carry ? memoFromJson(carry.memo) : {}
  const outbox = createOutbox(carry?.outbox)
  // Also for a handler that runs after the run was cancelled: handlers belong to the root scope, which is cancelled then.
  const recorder = createRecorder(outbox, async (events) => {
    const result = await CancellationScope.nonCancellable(() => record({ run, outbox: events }))
    if (result.exceeded) exceed(result.exceeded.error)
    usage = result.usage
    return result
  })
  const inbox = createInbox(carry?.inbox)
  const children = createChildren(carry?.children)
  const status = createStatus(outbox, carry?.status)
  const attribute = createStatusAttribute(status.current())
  const gate = createGate(IN_FLIGHT_MAX)
  const limits = createLimits(args, carry?.limits)
  const pauses = createPauses({ args, children, gate, limits, status })
  const host = createTemporalHost({ args, startedAt, children, gate, outbox, recorder, inbox, limits, pauses, status })
  const cancellation = createCancellation()
  let defect: Failure | undefined
  let usage: Usage | undefined
  let isCancelAsked = false

  registerHandlers({
    inbox,
    children,
    outbox,
    pauses,
    status,
    flush,
    view: () => stateView(run.id, status.current(), memo),
  })

  return {
    /** Cancels the run, as Temporal asks; its nodes are waited for. */
    cancel(): void {
      isCancelAsked = true
      cancellation.cancel()
    },

    async run(): Promise<Json> {
      if (!carry) {
        outbox.put({ type: 'run.started', data: {} })
        pauses.begin()
      }
      void keepLogCurrent()
      if (limits.isTimed) void watchTime()
      const next = await Promise.race([execute(), drain()])
      if (next !== 'drained') return finish(next)
      return continueAsNew<(args: RunArgs) => Promise<Json>>({ ...args, carry: toCarry() })
    },
  }

  async function execute(): Promise<RunEnd> {
    try {
      const reused = args.takesOver ? await readTakenOver(run) : new Map<string, Json>()
      const facts = { id: run.id, startedAt }
      const output = await runPlan(plan, { input: args.input as Json, run: facts, host, memo, reused, cancellation })
      return { type: 'completed', output }
    } catch (error) {
      if (defect) return { type: 'failed', error: defect.info }
      const { info } = toFailure(error)
      // A worker may see the run's flag before Temporal's cancel is here; a child that was cancelled has details, and fails its parent.
      const { type, details } = info
      const isCancelled = cancellation.isCancelled || (type === 'cancelled' && details === undefined)
      if (!host.hasEnded && isCancelled) return { type: 'cancelled' }
      return { type: 'failed', error: info }
    }
  }

  /**
   * Records what is about to be left lying while the workflow waits, and says so when only people are waited for.
   */
  async function keepLogCurrent(): Promise<void> {
    const onlyPeopleAreWaitedFor = () =>
      status.current() === 'running' && gate.isIdle && host.timers === 0 && inbox.waiting().length > 0
    const isBehind = () => outbox.hasUnsent || attribute.isBehind(status.current())
    // Temporal also looks between the start of the workflow and what follows from it: what the run begins with takes `run.started` along.
    await activationEnds()
    for (;;) {
      await holdsAtEnd(() => !status.hasEnded && !host.isStarting && (isBehind() || onlyPeopleAreWaitedFor()))
      if (onlyPeopleAreWaitedFor()) status.wait(inbox.waiting())
      attribute.change(status.current())
      if (!outbox.hasUnsent) continue // Something that was sent meanwhile carries the rest.
      try {
        await flush()
      } catch {
        return // The run ends by it: `flush` has seen to that.
      }
      if (recorder.foreignEnd) return
    }
  }

  /** The run has met one of its limits by what it did itself. */
  function exceed(error: ErrorInfo): void {
    if (status.hasEnded) return
    if (pausesRun(error)) pauses.forLimit(error)
    else {
      defect ??= new Failure(error)
      cancellation.cancel()
    }
  }

  /** `limits.duration`: the time in which the run goes on, and waits neither for a person nor for its resume. */
  async function watchTime(): Promise<void> {
    const counts = () => status.current() === 'running'
    for (;;) {
      await condition(counts)
      limits.count(true)
      const { leftMs } = limits
      const isOver = leftMs === 0 || !(await condition(() => !counts(), leftMs))
      limits.count(false)
      if (isOver && limits.leftMs === 0) exceed(limits.timeRefusal())
      if (status.hasEnded || defect) return
    }
  }

  /** A log that cannot be written, or that has its last event from elsewhere, ends the run. */
  async function flush(): Promise<void> {
    try {
      await recorder.flush()
    } catch (error) {
      log.error('The log cannot be written', { error })
      defect ??= toFailure(error)
      cancellation.cancel()
      throw ApplicationFailure.nonRetryable('The log cannot be written.', 'internal')
    }
    if (recorder.foreignEnd) cancellation.cancel()
  }

  /** Resolves when the history is long and nothing is under way that its successor could not take over. */
  async function drain(): Promise<'drained'> {
    const lengthMax = plan.longRunning ? HISTORY_EVENTS_MAX_LONG_RUNNING : HISTORY_EVENTS_MAX
    await condition(() => workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= lengthMax)
    gate.drain()
    const isQuiet = () => gate.isDrained && allHandlersFinished() && !recorder.isBusy
    await condition(isQuiet)
    if (isTooLarge(memo)) {
      await shrinkMemo(memo, storeAll)
      await condition(isQuiet)
    }
    return 'drained'
  }

  async function storeAll(values: Json[]): Promise<Json[]> {
    const template = { lit: values }
    const itemBytesMax = CARRIED_OUTPUT_BYTES_MAX
    const { value } = await evaluate({ run, expressions: [], template, scope: {}, spread: true, itemBytesMax })
    return value as Json[]
  }

  function toCarry(): Carry {
    return {
      carry: 1,
      startedAt,
      memo: memoToJson(memo),
      outbox: outbox.carry(),
      inbox: inbox.carry(),
      status: status.carry(),
      children: children.carry(),
      limits: limits.carry(),
    }
  }

  async function finish(own: RunEnd): Promise<Json> {
    const isOpen = !host.hasEnded && !recorder.foreignEnd
    if (isOpen) {
      outbox.put({ type: `run.${own.type}`, data: lastData(own) })
      status.end(own.type)
      attribute.end(own.type)
      await recorder.flush()
    }
    const end = recorder.foreignEnd ?? own
    if (!isOpen || end !== own) attribute.end(end.type)
    status.end(end.type)
    if (args.parent) {
      // A segment that wrote the last event does not say what the run has used.
      usage ??= (await record({ run, outbox: [] })).usage
      await tellParent(args, end, usage)
    }
    await condition(allHandlersFinished)
    if (end.type === 'completed') return end.output
    if (end.type === 'cancelled') return endAsCancelled()
    throw runFailure(end.error, args.encrypted === true)
  }

  /** A workflow ends as cancelled only where Temporal was asked to cancel it, and whoever did it may have got no further than the row. */
  async function endAsCancelled(): Promise<never> {
    if (!isCancelAsked) await requestCancel()
    await condition(() => isCancelAsked)
    throw new CancelledFailure('The run was cancelled.')
  }
}

function lastData(end: RunEnd): Record<string, unknown> {
  if (end.type === 'completed') return outputData(end.output)
  return end.type === 'failed' ? { error: end.error } : {}
}
