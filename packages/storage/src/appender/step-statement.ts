import type { Usage } from '@treadle/contract'
import type { Batch } from './batch.ts'
import { type BatchRows, callOf, type Statement } from './statement.ts'
import type { EndRef, RecordedEvent } from './types.ts'

/** More events than a step has are stored faster all at once. */
const EVENTS_MAX = 4

const TYPES = [
  ['boolean', 'text', 'text'],
  ['text', 'integer', 'integer', 'integer', 'text', 'text', 'integer', 'text'],
  ['text[]', 'text[]', 'integer', 'text', 'text', 'text'],
  ['text', 'uuid', 'text', 'text', 'text'],
].flat()

const TEXT = callOf('treadle.append_step', TYPES)

/**
 * The batch as the shorter statement for a run that goes its usual way, see `treadle.append_step`; undefined where the batch has no such
 * form. It answers null, and has changed nothing, where the run is not as usual.
 */
export function toStepStatement(
  { runs }: Batch,
  { attempts, outbox, claims }: BatchRows,
  notify: 'data' | 'hint',
): Statement | undefined {
  const [run] = runs
  const [attempt] = attempts
  const [recorded] = outbox
  const [claim] = claims
  if (!run || [runs, attempts, outbox, claims].some(({ length }) => length > 1)) return undefined
  if (!attempt && !recorded && !claim) return undefined
  const end = attempt?.end
  if (end && !(end.type === 'node.completed' && isOfTools(end.usage))) return undefined
  if (attempt && (attempt.events.length > EVENTS_MAX || attempt.events.length === 0)) return undefined
  if (recorded && !isOfRun(recorded)) return undefined
  const isBuiltOn = ({ path, attempt: number }: EndRef) => attempt?.path === path && attempt.attempt === number && end
  if (![...(recorded?.after ?? []), ...(claim?.after ?? [])].every(isBuiltOn)) return undefined

  const values = [
    notify === 'data',
    run.ref.tenant,
    run.ref.id,

    attempt?.path,
    attempt?.attempt,
    attempt?.events[0]?.ordinal,
    attempt?.events.at(-1)?.ordinal,
    attempt?.effects?.output,
    attempt?.effects?.usage,
    end?.usage?.toolCalls,
    attempt?.name,

    (attempt?.events ?? []).map(({ type }) => type),
    (attempt?.events ?? []).map(({ data }) => data),
    recorded?.n,
    recorded?.type,
    recorded?.effects.data,
    recorded?.effects.output,

    claim?.path,
    claim?.id,
    claim?.kind,
    claim?.runtime,
    claim?.data,
  ]
  return { name: 'treadle append step', text: TEXT, values }
}

const isOfTools = (usage: Usage = {}) => Object.keys(usage).every((name) => name === 'toolCalls')
const isOfRun = ({ n, type }: RecordedEvent) => n > 0 && (type === 'run.started' || type === 'run.completed')
