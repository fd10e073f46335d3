import type { Item } from './items.ts'
import { joinEvent } from './join-deltas.ts'
import type { AppendRequest, AppendResult, EndRequest } from './types.ts'

/** What one call may take of a batch by those that are joined to it. */
const BYTES_MAX = 256 * 1024

/**
 * A token that goes on where the call before it ended becomes part of that call, which has not been sent yet: most tokens of a fast model
 * do, and cost next to nothing. Gives that call's result; undefined where the request is a call of its own.
 */
export function joinCall(
  last: Item | undefined,
  request: AppendRequest & Partial<EndRequest>,
  bytes: number,
): Promise<AppendResult> | undefined {
  const [event] = request.events
  if (!event || request.events.length > 1 || request.end) return undefined
  if (last?.kind !== 'attempt' || last.end || last.bytes + bytes > BYTES_MAX) return undefined
  if (!isSameAttempt(last, request) || !joinEvent(last.events, event)) return undefined
  last.bytes += bytes
  return last.call.result
}

const isSameAttempt = (one: AppendRequest, other: AppendRequest): boolean =>
  one.path === other.path &&
  one.attempt === other.attempt &&
  one.run.id === other.run.id &&
  one.run.tenant === other.run.tenant
