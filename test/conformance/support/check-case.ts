import { expect } from 'vitest'
import { SECRET } from './bench.ts'
import type { Case, ExpectedEnd } from './case.ts'
import type { ToldEnd } from './host-workflow.ts'
import { difference } from './match.ts'
import type { Played } from './play-case.ts'

/** The secret as a log, an answer or a header may carry it. */
const SECRET_FORMS = [
  SECRET,
  encodeURIComponent(SECRET),
  Buffer.from(SECRET).toString('hex'),
  Buffer.from(SECRET).toString('base64').slice(0, -1),
  Buffer.from(SECRET).toString('base64url').slice(0, -1),
]

/** Holds what was seen of a case to what it expects, every field of it. */
export function checkCase({ expect: expected }: Case, played: Played): void {
  const shown = JSON.stringify({ ends: played.ends, events: played.events }, null, 1)
  const check = (what: string, actual: unknown, wanted: unknown, partly = false) =>
    expect(difference(actual, wanted, { partly, at: what }), shown).toBeUndefined()

  check('ends', played.ends.map(shownEnd), expected.ends.map(wholeEnd))
  check('events', played.events, expected.events)
  check('checkpoint', played.checkpoint, expected.checkpoint)
  check('transcript', played.transcript, expected.transcript ?? [])
  check('budget', played.budget, expected.budget)
  if (expected.calls) check('calls', played.calls, { model: 0, tools: 0, mcp: 0, lists: 0, ...expected.calls })
  if (expected.requests) check('requests', played.requests, expected.requests, true)
  if (expected.outcomes) check('outcomes', played.outcomes, expected.outcomes)
  if (expected.stored !== undefined) check('stored', played.stored, expected.stored)
  for (const form of SECRET_FORMS) expect(played.everything).not.toContain(form)
}

function shownEnd(told: ToldEnd): unknown {
  if ('result' in told) return told.result
  if ('cancelled' in told) return { cancelled: told.cancelled }
  return cancelledBy(told) ?? told
}

/** A cancel may be told by a failure too, which says the same: not every SDK has room for details in Temporal's own cancelled failure. */
function cancelledBy(told: ToldEnd): unknown {
  if (!('failure' in told) || told.failure.type !== 'cancelled') return undefined
  const { error, ...details } = (told.failure.details ?? {}) as { error?: unknown }
  const isWhole = difference(error, { type: 'cancelled', message: 'It was cancelled.' }) === undefined
  return isWhole && told.failure.nonRetryable ? { cancelled: details } : undefined
}

/** What Temporal was to be told, whole: cases name only what is of interest. */
function wholeEnd(end: ExpectedEnd): unknown {
  if ('output' in end) return { outboxApplied: 0, ...end }
  if ('cancelled' in end) return { cancelled: { outboxApplied: 0 } }
  if ('unrecorded' in end) return { failure: { nonRetryable: true, details: null, ...end.unrecorded } }
  const { failure, attempt, outboxApplied = 0 } = end
  const { type, message, node = 'node', details } = failure
  const error = { type, message, node, ...(details !== undefined && { details }) }
  const nodeFailure = { error, ...(attempt !== undefined && { attempt }), outboxApplied }
  return { failure: { type, message, nonRetryable: true, details: nodeFailure } }
}
