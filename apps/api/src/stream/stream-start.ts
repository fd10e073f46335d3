import type { RunId, TenantId } from '@treadle/contract'
import { BlobError, type EventLog, type RunHead, type RunStore } from '@treadle/storage'
import type { FastifyRequest } from 'fastify'
import { positionOf } from '../http/parameters.ts'
import { problem } from '../http/problem.ts'
import { decodeCursor } from './cursor.ts'

/** Where each run is read from; undefined when all of them have ended at or before that. */
export type StreamStart = { runId: RunId; after: number }[] | undefined

/**
 * Finds where a stream starts: `Last-Event-ID`, which EventSource sends when it comes back, else `after`, else the beginning.
 * @throws ProblemAnswer `not-found`, `malformed-request`, `future-cursor`, `stream-gone`
 */
export async function startOfStream(
  { runs, log }: { runs: Pick<RunStore, 'head'>; log: Pick<EventLog, 'read'> },
  tenant: TenantId,
  runIds: readonly RunId[],
  request: Pick<FastifyRequest, 'headers' | 'query'>,
): Promise<StreamStart> {
  const heads = await Promise.all(runIds.map((runId) => found(runs, tenant, runId)))
  const positions = positionsOf(request, runIds)
  const starts = heads.map(({ runId, lastSeq, endedSeq }, index) => ({
    runId,
    lastSeq,
    endedSeq,
    after: positions === 'latest' ? lastSeq : (positions[index] ?? 0),
  }))
  for (const { runId, lastSeq, endedSeq, after } of starts) {
    if (after > lastSeq && endedSeq === undefined) {
      throw problem('future-cursor', `The run ${runId} has ${lastSeq} events so far, and none ${after}.`)
    }
  }
  if (starts.every(({ endedSeq, after }) => endedSeq !== undefined && after >= endedSeq)) return undefined
  const ended = starts.filter(({ endedSeq }) => endedSeq !== undefined)
  await Promise.all(ended.map(({ runId, after }) => requireKept(log, tenant, runId, after)))
  return starts.map(({ runId, after }) => ({ runId, after }))
}

/** The log of an ended run may be archived, and the archive be gone: that has to be said while there still is a status to say it with. */
async function requireKept(log: Pick<EventLog, 'read'>, tenant: TenantId, runId: RunId, after: number): Promise<void> {
  try {
    await log.read(tenant, runId, { after, limit: 1 })
  } catch (error) {
    if (!(error instanceof BlobError)) throw error
    throw problem('stream-gone', `The events of the run ${runId} past ${after} are no longer there.`)
  }
}

async function found(
  runs: Pick<RunStore, 'head'>,
  tenant: TenantId,
  runId: RunId,
): Promise<RunHead & { runId: RunId }> {
  const head = await runs.head(tenant, runId)
  if (!head) throw problem('not-found', `There is no run ${runId}.`)
  return { runId, ...head }
}

/** What a request says of where to begin. `latest`: at the end of each. @throws ProblemAnswer `malformed-request` */
export function positionsOf(
  { headers, query }: Pick<FastifyRequest, 'headers' | 'query'>,
  runIds: readonly RunId[],
): number[] | 'latest' {
  const lastEventId = [headers['last-event-id'] ?? ''].flat()[0]
  const [text, name] = lastEventId
    ? [lastEventId, 'Last-Event-ID']
    : [(query as { after?: string }).after ?? '0', 'after']
  if (text === 'latest' && name === 'after') return text
  if (text === '0') return runIds.map(() => 0)
  if (runIds.length === 1) return [positionOf(text, name)]
  const positions = decodeCursor(runIds, text)
  if (!positions) throw problem('malformed-request', `${name} is no position of these runs in this order.`)
  return positions
}
