import { createHash } from 'node:crypto'
import { Context } from '@temporalio/activity'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import {
  ACTIVITIES,
  type ChildCreated,
  type ChildTask,
  type EvaluateTask,
  type Handle,
  type NodeResult,
  type NodeTask,
  type RecordTask,
  type TakenOver,
  type TakeOverTask,
  TreadleError,
} from '@treadle/contract'
import { parseExpression, renderTemplate } from '@treadle/expressions'
import type { Work } from './engine.ts'
import type { FakeLog } from './fake-log.ts'

/** Activities under their wire names that write to fake logs and do what a test says. */
type Parts = {
  logOf: (runId: string) => FakeLog
  workOf: (runId: string) => Work
  addChild: (runId: string, parent: string) => void
  takenOverOf: (runId: string) => Record<string, unknown>
}

export function createFakeActivities({ logOf, workOf, addChild, takenOverOf }: Parts) {
  return {
    [ACTIVITIES.record]: async ({ run, outbox }: RecordTask) => logOf(run.id).apply(outbox),

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
        const { type, message } = error instanceof TreadleError ? error : { type: 'internal', message: String(error) }
        const failure = { error: { type, message, node: task.path }, outboxApplied }
        log.append({ type: 'node.failed', node: task.path, data: failure })
        throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [failure] })
      } finally {
        clearInterval(beat)
      }
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

    async [ACTIVITIES.evaluate]({ template, expressions, scope, spread }: EvaluateTask) {
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

function fakeHandle(value: unknown): Handle {
  const text = JSON.stringify(value)
  return { $blob: { sha256: createHash('sha256').update(text).digest('hex'), size: text.length } }
}
