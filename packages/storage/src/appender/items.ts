import type { OutboxEvent, RunRef } from '@treadle/contract'
import type {
  AppendResult,
  AttemptEvent,
  ClaimRequest,
  ClaimResult,
  EndRequest,
  RecordRequest,
  RecordResult,
} from './types.ts'

export type Call<Result> = {
  /** What its caller was given. */
  result: Promise<Result>
  resolve: (result: Result) => void
  reject: (error: Error) => void
}

// Made member by member, never by spreading: there is one for each token, and a spread object costs ten times a literal one.
type Waiting<Result> = {
  call: Call<Result>
  /** Roughly what it takes on the wire. */
  bytes: number
}

export type AttemptItem = Waiting<AppendResult> & {
  kind: 'attempt'
  run: RunRef
  path: string
  attempt: number
  /** The lowest ordinal; that of a joined event is its last. */
  first: number
  events: AttemptEvent[]
  end: EndRequest['end'] | undefined
}

/** `id` makes a claim that is sent again the same claim. */
export type ClaimItem = Waiting<ClaimResult> & {
  kind: 'claim'
  id: string
  run: RunRef
  path: string
  request: ClaimRequest
}

export type RecordItem = Waiting<RecordResult> & { kind: 'record'; run: RunRef; request: RecordRequest }

/** One call of the appender that waits for its batch. */
export type Item = AttemptItem | ClaimItem | RecordItem

const EVENT_BYTES = 150 // The envelope without its data.

export const sizeOfEvents = (events: readonly (AttemptEvent | OutboxEvent)[]): number =>
  events.reduce((sum, { data }) => sum + EVENT_BYTES + roughSize(data), 0)

/** Near enough to bound memory without serialising twice: exact for the texts that make up nearly all of it. */
export function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  for (const [key, part] of Object.entries(value)) size += key.length + 4 + roughSize(part)
  return size
}
