import type { EventType, Json } from '@treadle/contract'
import type { Appender, AppendResult, AttemptEnd, AttemptKey } from '@treadle/storage'
import type { ToolCallPiece } from '../model/stream-answer.ts'
import type { Redactor, TextStream } from '../secrets/redactor.ts'
import { storableText, storableValue } from '../values/storable.ts'
import type { Stop } from './stop.ts'

/**
 * Writes the events of one attempt, in order, without waiting for each: the caller waits only where too much is under way.
 * What comes back (the run's cancel flag, a fence, a failure to write) stops the attempt. No secret gets through.
 */
export type AttemptWriter = {
  /** A piece of the answer's text, as `node.delta`. */
  text(piece: string): Promise<void>
  /** A piece of a tool call, as `node.delta` too. */
  toolCall(piece: ToolCallPiece): Promise<void>
  event(type: EventType, data: object): Promise<void>
  /**
   * The last event, with an output or an error that is clean already; resolves when everything is committed. Rejects when it could not be
   * written. `onSent` is called as soon as it is on its way.
   */
  end(end: EndOf, onSent?: () => void): Promise<AppendResult>
}

export type EndOf = AttemptEnd extends infer E ? (E extends AttemptEnd ? Omit<E, 'ordinal'> : never) : never

export type AttemptWriterOptions = AttemptKey & {
  appender: Pick<Appender, 'append' | 'end' | 'room'>
  redactor: Redactor
  stop: Stop
}

export function createAttemptWriter({ appender, redactor, stop, ...key }: AttemptWriterOptions): AttemptWriter {
  // `node.started` of the claim is before 1.
  let ordinal = 0
  let offset = 0
  const texts = redactor.stream()
  /** The arguments of each tool call, by its index: a secret may be cut in two there as well. */
  const calls = new Map<number, TextStream>()

  /** Tokens that travel together share what comes back, which is heeded once. */
  let heeded: Promise<AppendResult> | undefined

  const append = (type: EventType, data: object): Promise<void> => {
    ordinal += 1
    const stored = appender.append({ ...key, events: [{ ordinal, type, data }] })
    if (stored !== heeded) stored.then(heed, (lost) => stop.now({ lost }))
    heeded = stored
    return appender.room()
  }
  const heed = ({ accepted, cancelRequested }: AppendResult) => {
    if (!accepted) stop.now('fenced')
    else if (cancelRequested) stop.now('cancelled')
  }
  const delta = (text: string): Promise<void> => {
    const shown = storableText(text)
    if (shown === '') return appender.room()
    const data = { text: shown, offset }
    offset += codePoints(shown)
    return append('node.delta', data)
  }
  const toolDelta = async ({ arguments: shown = '', ...head }: ToolCallPiece) => {
    const piece = { ...head, ...(shown !== '' && { arguments: storableText(shown) }) }
    if (Object.keys(piece).length > 1) await event('node.delta', { toolCall: piece })
  }
  const event = async (type: EventType, data: object) => {
    const redacted = redactor.json(data)
    await append(type, storableValue(redacted as Json, JSON.stringify(redacted)) as object)
  }
  return {
    text: (piece) => delta(texts.push(piece)),
    async toolCall({ index, arguments: text = '', ...head }) {
      const stream = calls.get(index) ?? redactor.stream()
      calls.set(index, stream)
      await toolDelta({ index, ...head, arguments: stream.push(text) })
    },
    event,
    async end(end, onSent) {
      await delta(texts.end())
      for (const [index, stream] of calls) await toolDelta({ index, arguments: stream.end() })
      ordinal += 1
      const stored = appender.end({ ...key, events: [], end: { ...end, ordinal } as AttemptEnd })
      onSent?.()
      return stored
    },
  }
}

function codePoints(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
