import type { EventLog } from './event-log.ts'

/** Enough for a second of a fast model; past it the model is read more slowly. */
const CHARACTERS_MAX = 64 * 1024

/** Text on its way into the log: sent at once when nothing is under way, and gathered while something is. */
export function createBatcher({ log, runId, onStored }: { log: EventLog; runId: string; onStored: () => void }) {
  let text = ''
  let sending: Promise<void> | undefined

  const send = async () => {
    while (text !== '') {
      const batch = text
      text = ''
      await log.append(runId, [{ type: 'delta', data: { text: batch } }])
      onStored()
    }
    sending = undefined
  }
  const start = () => {
    sending ??= send()
    sending.catch(() => {}) // Whoever flushes is told.
    return sending
  }
  return {
    /** Resolves when there is room for more. */
    async add(piece: string): Promise<void> {
      text += piece
      const started = start()
      if (text.length > CHARACTERS_MAX) await started
    },
    /** Resolves when all of it is stored. */
    async flush(): Promise<void> {
      while (sending) await sending
    },
  }
}
