import { createHash } from 'node:crypto'
import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  ACTIVITIES,
  type ChildCreated,
  type ChildTask,
  type EvaluateTask,
  type Handle,
  type Json,
  type NodeResult,
  type NodeTask,
  type RecordTask,
  type RunRef,
  type SegmentResult,
  type SegmentTask,
  type TakenOver,
  type TakeOverTask,
  TreadleError,
} from '@treadle/contract'
import { parseExpression, renderTemplate } from '@treadle/expressions'
import {
  createCancellation,
  type Host,
  type MemoJson,
  memoDelta,
  memoFromJson,
  runPart,
  toFailure,
} from '@treadle/interpreter'
import { requestCancel } from '@treadle/worker/executor'
import type { Work } from './engine.ts'
import type { FakeLog } from './fake-log.ts'

/** Activities under their wire names that write to fake logs and do what a test says. */
type Parts = {
  logOf: (runId: string) => FakeLog
  workOf: (runId: string) => Work
  beforeEvaluation: (task: EvaluateTask) => Promise<unknown>
  addChild: (runId: string, parent: string) => void
  takenOverOf: (runId: string) => Record<string, unknown>
}

export function createFakeActivities({ logOf, workOf, beforeEvaluation, addChild, takenOverOf }: Parts) {
  return {
    [ACTIVITIES.record]: async ({ run, outbox }: RecordTask) => logOf(run.id).apply(outbox),

    [ACTIVITIES.requestCancel]: requestCancel,

    async [ACTIVITIES.executeNode](task: NodeTask): Promise<NodeResult> {
      const log = logOf(task.run.id)
      const { cancellationSignal, heartbeat, info } = Context.current()
      const beat = setInterval(() => heartbeat(), (info.heartbeatTimeoutMs ?? 1_000) / 20)
      const { outboxApplied } = log.apply(task.outbox)
      log.append({ type: 'node.started', node: task.path, data: {} })
      try {
        const output = await workOf(task.run.id)(task, cancellationSignal)
        log.append({ type: 'node.completed', node: task.path, data: { output } })
        return { output, outboxApplied }
      } catch (error) {
        if (cancellationSignal.aborted) {
          log.append({ type: 'node.cancelled', node: task.path, data: {} })
          throw new CancelledFailure('It was cancelled.', [{ outboxApplied }])
        }
        if (error instanceof ApplicationFailure) {
          log.append({ type: 'node.retrying', node: task.path, data: {} })
          throw error
        }
        const { type, message } = error instanceof TreadleError ? error : { type: 'internal', message: String(error) }
        const failure = { error: { type, message, node: task.path }, outboxApplied }
        log.append({ type: 'node.failed', node: task.path, data: failure })
        throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [failure] })
      } finally {
        clearInterval(beat)
      }
    },

    /** As far as its outcome goes: nothing is tried again, and nothing takes time. */
    async [ACTIVITIES.executeSegment]({ run, plan, body, path, scope, memo: known, endN, outbox }: SegmentTask) {
      const log = logOf(run.id)
      log.apply(outbox)
      const before = { inner: known as Record<string, MemoJson> }
      const memo = memoFromJson(before)
      const host = createFakeSegmentHost({ run, log, work: workOf(run.id) })
      const cancellation = createCancellation()
      const end = await runPart({
        plan,
        body,
        path,
        scope: scope as Record<string, Json>,
        memo,
        host,
        cancellation,
      }).then(
        (output) => ({ output }),
        (thrown) => ({ error: toFailure(thrown).info }),
      )
      if (endN !== undefined)
        log.apply([{ n: endN, type: 'output' in end ? 'run.completed' : 'run.failed', data: { ...end } }])
      const delta = memoDelta(before, memo)
      const result: SegmentResult = {
        status: 'output' in end ? 'done' : 'failed',
        outboxApplied: log.applied,
        ...('error' in end && { error: end.error }),
        ...(delta && { memo: delta }),
        ...(endN !== undefined && { ended: true }),
      }
      return result
    },

    /** A path a page. */
    async [ACTIVITIES.takeOver]({ run, after }: TakeOverTask): Promise<TakenOver> {
      const paths = Object.keys(takenOverOf(run.id))
      const path = paths[after === undefined ? 0 : paths.indexOf(after) + 1]
      if (path === undefined) return { outputs: {} }
      return { outputs: { [path]: takenOverOf(run.id)[path] }, next: path }
    },

    async [ACTIVITIES.createChild]({ run, childRunId }: ChildTask): Promise<ChildCreated> {
      addChild(childRunId, run.id)
      return { createdAt: '2026-11-24T00:00:01.000Z' }
    },

    async [ACTIVITIES.evaluate](task: EvaluateTask) {
      await beforeEvaluation(task)
      const { template, expressions, scope, spread } = task
      const value = renderTemplate(template as Parameters<typeof renderTemplate>[0], (index) => {
        const parsed = parseExpression(expressions[index]?.cel ?? '')
        if (!parsed.ok) throw new Error('Not CEL.')
        return parsed.expression.evaluate(scope as Parameters<typeof parsed.expression.evaluate>[0])
      })
      // Only put aside: no test reads them back.
      return { value: spread && Array.isArray(value) ? value.map(fakeHandle) : value }
    },
  }
}

function createFakeSegmentHost({ run, log, work }: { run: RunRef; log: FakeLog; work: Work }): Host {
  const notHere = () => {
    throw new Error('The fake segments compute nothing large, and wait for nothing.')
  }
  return {
    now: () => 0,
    emit: (event) => log.append(event),
    async execute({ runtime: _runtime, ...request }) {
      const { path } = request
      log.append({ type: 'node.started', node: path, data: {} })
      try {
        const output = (await work({ task: 1, run, ...request, outbox: [] }, new AbortController().signal)) as Json
        log.append({ type: 'node.completed', node: path, data: { output } })
        return { ok: true, output }
      } catch (error) {
        const { type, message } = error instanceof TreadleError ? error : { type: 'internal', message: String(error) }
        log.append({ type: 'node.failed', node: path, data: { error: { type, message } } })
        return { ok: false, error: { type, message }, recorded: true }
      }
    },
    evaluate: notHere,
    sleep: notHere,
    receive: notHere,
    childRunId: notHere,
    startChild: notHere,
    childEnd: notHere,
  }
}

function fakeHandle(value: unknown): Handle {
  const text = JSON.stringify(value)
  return { $blob: { sha256: createHash('sha256').update(text).digest('hex'), size: text.length } }
}
