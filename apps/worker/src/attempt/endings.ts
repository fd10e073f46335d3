import {
  type ErrorInfo,
  type Json,
  type NodeTask,
  pausesRun,
  retryDefaults,
  TreadleError,
  toErrorInfo,
} from '@treadle/contract'
import type { ClaimResult } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import { type Log, placeOf } from '../log.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { UsageMeter } from '../work/work.ts'
import type { AttemptWriter, EndOf } from './attempt-writer.ts'
import type { Chain } from './chain.ts'
import type { AttemptOutcome } from './outcome.ts'
import { decideRetry } from './retry-decision.ts'
import { createShownError } from './shown-error.ts'
import { type Stop, timeoutError } from './stop.ts'

/** Writes the one end of an attempt, and says what came of it. Neither method rejects. */
export type Endings = {
  /** `cached`: the output is that of an earlier execution, also of another run. */
  completed(output: Json, more: { checkpointName?: string; cached?: true }): Promise<AttemptOutcome>
  /** What was thrown, read together with why the attempt was stopped. */
  thrown(error: unknown): Promise<AttemptOutcome>
}

export type EndingsOptions = {
  task: NodeTask
  claim: Extract<ClaimResult, { status: 'claimed' }>
  stop: Stop
  writer: AttemptWriter
  usage: UsageMeter
  chain: Chain | undefined
  redactor: Redactor
  log: Log
}

export function createEndings({ task, claim, stop, writer, usage, chain, redactor, log }: EndingsOptions): Endings {
  const { outboxApplied, attempt } = claim
  const shown = createShownError(redactor)
  const about = { ...placeOf(task.run, task.path), attempt }
  const died = (why: string): AttemptOutcome => ({ status: 'died', why, outboxApplied })
  const used = () => {
    const total = usage.total()
    return total === undefined ? {} : { usage: total }
  }

  /** `outcome` once the end is in the log. */
  const write = async (end: EndOf, outcome: AttemptOutcome): Promise<AttemptOutcome> => {
    crashPoint('attempt.executed', task.run, task.path, attempt)
    try {
      const { accepted } = await writer.end({ ...end, ...used() }, () =>
        chain?.ending(outcome, { path: task.path, attempt }),
      )
      crashPoint('attempt.ended', task.run, task.path, attempt)
      return accepted ? outcome : died('A newer attempt has taken over, or the node has ended.')
    } catch (error) {
      log.warn({ ...about, err: error }, 'The end of an attempt could not be written')
      return died('The log cannot be written to.')
    }
  }

  const failed = (error: ErrorInfo, retryAfterMs?: number) => {
    if (pausesRun(error)) {
      // Tried again once a person has raised the limit: the workflow sees to that.
      return write({ type: 'node.retrying', error, delayMs: 0 }, { status: 'failed', error, attempt, outboxApplied })
    }
    const decision = decideRetry(error, task.retry, claim.failures, retryAfterMs)
    if (decision.retry) {
      const { delayMs } = decision
      return write(
        { type: 'node.retrying', error, delayMs },
        { status: 'retrying', error, delayMs, attempt, outboxApplied },
      )
    }
    const caught = isCaught(error.type, task.catches ?? [])
    return write({ type: 'node.failed', error, caught }, { status: 'failed', error, attempt, outboxApplied })
  }

  return {
    completed: (output, more) =>
      write({ type: 'node.completed', output, ...more }, { status: 'completed', output, ...used(), outboxApplied }),
    async thrown(error) {
      switch (stop.reason) {
        case 'cancelled':
          return write({ type: 'node.cancelled' }, { status: 'cancelled', outboxApplied })
        case 'timeout':
          return failed({ ...timeoutError(task.timeoutMs ?? 0), node: task.path })
        case 'shutdown':
          return died('The worker shuts down.')
        case 'abandoned':
          return died('Nobody waits for this attempt any more.')
        case 'fenced':
          return died('A newer attempt has taken over, or the run has ended.')
        case undefined:
          if (!(error instanceof TreadleError))
            log.error({ ...about, err: error }, 'A node failed by an unexpected error')
          return failed(shown(toErrorInfo(error, task.path)), retryAfterOf(error))
        default:
          log.warn({ ...about, err: stop.reason.lost }, 'Events of an attempt could not be written')
          return died('The log cannot be written to.')
      }
    },
  }
}

const isCaught = (type: string, catches: string[]) =>
  retryDefaults(type).catchable && (catches.includes('*') || catches.includes(type))

const retryAfterOf = (error: unknown) => (error instanceof TreadleError ? error.retryAfterMs : undefined)
