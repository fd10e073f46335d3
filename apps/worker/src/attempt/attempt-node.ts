import { type NodeTask, TreadleError, type Work } from '@treadle/contract'
import type { Appender, Budgets, CacheKey, ClaimResult, ResultCache } from '@treadle/storage'
import { crashPoint } from '../crash-points.ts'
import type { Log } from '../log.ts'
import { createCallBudget, NO_BUDGET } from '../model/call-budget.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { Values } from '../values/values.ts'
import { performWork } from '../work/perform-work.ts'
import { createUsageMeter, type WorkTable } from '../work/work.ts'
import { createAttemptWriter } from './attempt-writer.ts'
import type { Chain } from './chain.ts'
import { createEndings } from './endings.ts'
import type { FinishOutput } from './finish-output.ts'
import type { AttemptOutcome } from './outcome.ts'
import { createStop, type Stop } from './stop.ts'

export type AttemptParts = {
  appender: Pick<Appender, 'claim' | 'append' | 'end' | 'room'>
  budgets: Budgets
  work: WorkTable
  finishOutput: FinishOutput
  values: Pick<Values, 'load' | 'keepStream' | 'open'>
  cache: ResultCache
  redactor: Redactor
  log: Log
}

/** `host` is told of the means to stop the attempt, before it does anything. */
export type AttemptNode = (task: NodeTask, host: (stop: Stop) => void, chain?: Chain) => Promise<AttemptOutcome>

/** The kind as the IR names it, for `node.started`. */
const nodeKind = (kind: Work['kind']): string =>
  kind === 'modelTurn' ? 'llm' : kind === 'http' || kind === 'mcp' || kind === 'function' ? 'tool' : kind

/** So many deaths in a row are no accident: the node itself brings its workers down. */
const DEATHS_MAX = 20

/**
 * One attempt of a node: claims (run, path), executes, and writes how it ended with its checkpoint.
 * 1. Nothing is executed without a claim, and a claim that finds an end gives that end again.
 * 2. At most one end is written, and nothing after a fence.
 * 3. Rejects only where the claim itself cannot be written.
 */
export function createAttemptNode(parts: AttemptParts): AttemptNode {
  return async (task, host, chain) => {
    const { run, path, work, outbox } = task
    const request = { run, path, kind: nodeKind(work.kind), runtime: 'typescript', outbox } as const
    const claim = await parts.appender.claim(chain ? { ...request, after: chain.after() } : request)
    chain?.claimed(claim)
    return claim.status === 'claimed' ? runAttempt(parts, task, claim, host, chain) : earlierOutcome(path, claim)
  }
}

type Claimed = Extract<ClaimResult, { status: 'claimed' }>

async function runAttempt(
  parts: AttemptParts,
  task: NodeTask,
  claim: Claimed,
  host: (stop: Stop) => void,
  chain: Chain | undefined,
) {
  const { run, path, outputSchema, timeoutMs } = task
  crashPoint('attempt.claimed', run, path, claim.attempt)
  const key = { run, path, attempt: claim.attempt }
  const stop = createStop()
  const writer = createAttemptWriter({ ...parts, run, path, attempt: claim.attempt, stop })
  const usage = createUsageMeter()
  const budget = claim.limited
    ? createCallBudget({ ...parts, attempt: key, signal: stop.signal, onFenced: () => stop.now('fenced') })
    : NO_BUDGET
  const endings = createEndings({ ...parts, task, claim, stop, writer, usage, chain })
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => stop.now('timeout'), timeoutMs)
  host(stop)
  if (claim.cancelRequested) stop.now('cancelled')
  try {
    if (claim.deaths >= DEATHS_MAX) throw tooManyDeaths(claim.deaths)
    stop.signal.throwIfAborted()
    const cached =
      task.cacheMs === undefined ? null : await parts.cache.find(run, keyOf(task), task.cacheMs, stop.signal)
    if (cached) return await endings.completed(cached.output, { cached: true })
    const result = await performWork(parts.work, task.work, {
      run,
      path,
      attempt: claim.attempt,
      signal: stop.signal,
      ...(outputSchema === undefined ? {} : { outputSchema }),
      emitText: writer.text,
      emitToolCall: writer.toolCall,
      emit: writer.event,
      keep: (value, options) => parts.finishOutput(run, value, { ...options, signal: stop.signal }),
      keepStream: (json) => parts.values.keepStream(run, json, stop.signal),
      open: (handle) => parts.values.open(run, handle),
      load: (value) => parts.values.load(run, value),
      usage,
      budget,
    })
    stop.signal.throwIfAborted()
    const { checked, finished, checkpointName } = result
    const output = finished
      ? result.output
      : await parts.finishOutput(run, result.output, { schema: outputSchema, checked, signal: stop.signal })
    if (task.cacheMs !== undefined)
      await parts.cache.keep(run, keyOf(task), { output, ttlMs: task.cacheMs }, stop.signal)
    return await endings.completed(output, checkpointName !== undefined ? { checkpointName } : {})
  } catch (error) {
    return await endings.thrown(error)
  } finally {
    clearTimeout(timer)
    // Whatever still listens (a request, a function that goes on) has to let go.
    stop.now('abandoned')
  }
}

const keyOf = ({ work, outputSchema }: NodeTask): CacheKey => ({ runtime: 'typescript', work, outputSchema })

function earlierOutcome(path: string, claim: Exclude<ClaimResult, Claimed>): AttemptOutcome {
  const { outboxApplied } = claim
  if (claim.status === 'failed') return { status: 'failed', error: claim.error, outboxApplied }
  if (claim.status === 'refused') return { status: 'failed', error: { ...claim.error, node: path }, outboxApplied }
  if (claim.status === 'fenced') return { status: 'died', why: 'Another executor has taken over.', outboxApplied }
  if (claim.status === 'cancelled') return { status: 'cancelled', before: true, outboxApplied }
  if (claim.status !== 'done') return { status: claim.status, outboxApplied }
  return { status: 'completed', output: claim.output, ...(claim.usage && { usage: claim.usage }), outboxApplied }
}

const tooManyDeaths = (deaths: number) =>
  new TreadleError('internal', `Its worker died ${deaths} times while it was executed.`, { details: { deaths } })
