import type { ErrorInfo, Json, NodeStatus } from '@treadle/contract'

/**
 * What is done of a run: a tree by path. The core starts from the beginning of the plan, and what stands here as done is not executed
 * again and emits nothing. It is complete whenever the core waits for its host, so it can be taken at any such moment: it is what
 * continue-as-new carries and what a segment resumes by.
 */
export type MemoEntry = {
  /** Who writes its events; absent while it has not started. `workflow`: `node.started` was emitted. `worker`: a worker was asked. */
  owner?: 'workflow' | 'worker'
  /** It is done, with this. What was inside is dropped. */
  output?: Json
  /** How it ended, where it did not by completing: shown by the query `state`, and nothing depends on it. */
  ended?: { status: Extract<NodeStatus, 'failed' | 'cancelled' | 'skipped' | 'reused'>; error?: ErrorInfo }
  /** Its attempts have failed, and this entry of its `catch` took it. */
  caught?: { index: number; error: ErrorInfo }
  /** When its time is over, Unix milliseconds: of a `wait`, a `receive`, a container with `timeout`. */
  deadlineMs?: number
  /** How far a kind has come that takes several steps: a loop's iteration and state, a machine's transitions, an agent's turn. */
  progress?: Json
  inner?: Map<string, MemoEntry>
}

/** The entry at `key` below `entry`, made when it is not there. */
export function inside(entry: MemoEntry, key: string): MemoEntry {
  entry.inner ??= new Map()
  let found = entry.inner.get(key)
  if (!found) {
    found = {}
    entry.inner.set(key, found)
  }
  return found
}

/** Marks the entry as done; how it got there is forgotten. */
export function finish(entry: MemoEntry, output: Json): void {
  delete entry.owner
  delete entry.caught
  delete entry.deadlineMs
  delete entry.progress
  delete entry.inner
  entry.output = output
}

/** Marks the entry as done with an output that a fork has taken over; `node.reused` is in the log since the fork was made. */
export function takeOver(entry: MemoEntry, output: Json): Json {
  finish(entry, output)
  entry.ended = { status: 'reused' }
  return output
}

export type MemoJson = Omit<MemoEntry, 'inner'> & { inner?: { [key: string]: MemoJson } }

export function memoToJson({ inner, ...rest }: MemoEntry): MemoJson {
  if (!inner) return rest
  return { ...rest, inner: Object.fromEntries([...inner].map(([key, entry]) => [key, memoToJson(entry)])) }
}

export function memoFromJson({ inner, ...rest }: MemoJson): MemoEntry {
  if (!inner) return rest
  return { ...rest, inner: new Map(Object.entries(inner).map(([key, entry]) => [key, memoFromJson(entry)])) }
}
