import type { EventType, Json } from '@treadle/contract'
import type { Appender, AppendResult, AttemptEnd, AttemptKey } from '@treadle/storage'
import type { Redactor } from '../secrets/redactor.ts'
import { storableText, storableValue } from '../values/storable.ts'
import type { Stop } from './stop.ts'

/**
 * Writes the events of one attempt, in order, without waiting for each: the caller waits only where too much is under way.
 * What comes back (the run's cancel flag, a fence, a failure to write) stops the attempt. No secret gets through.
 */
export type AttemptWriter = {
  /** A piece of the answer's text, as `node.delta`. */
  text(piece: string): Promise<void>
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

  const append = async (type: EventType, data: object) => {
    ordinal += 1
    appender.append({ ...key, events: [{ ordinal, type, data }] }).then(heed, (lost) => stop.now({ lost }))
    await appender.room()
  }
  const heed = ({ accepted, cancelRequested }: AppendResult) => {
    if (!accepted) stop.now('fenced')
    else if (cancelRequested) stop.now('cancelled')
  }
  const delta = async (text: string) => {
    const shown = storableText(text)
    if (shown === '') return
    const data = { text: shown, offset }
    offset += codePoints(shown)
    await append('node.delta', data)
  }
  return {
    text: (piece) => delta(texts.push(piece)),
    event: async (type, data) => {
      const redacted = redactor.json(data)
      await append(type, storableValue(redacted as Json, JSON.stringify(redacted)) as object)
    },
    async end(end, onSent) {
      await delta(texts.end())
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
