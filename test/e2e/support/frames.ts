import { setTimeout as sleep } from 'node:timers/promises'

export type FollowFrames = {
  /** The base URL of each connection: another API, or another way to it. */
  url: () => string
  path: string
  /** How many frames a connection is read for before the client drops it. Default: to its end. */
  frames?: () => number
  /** A connection that has been silent for so long, comments included, is given up. Default: never. */
  silenceMs?: number
  /** Told of each new frame. */
  onFrame?: (frame: string) => void
}

const LAST = /^event: run\.(completed|failed|cancelled)$/m
const RETRY_MS = 20

/**
 * Follows a run to its last event as a client does that goes on whatever breaks, by `Last-Event-ID`. Gives the frames as they came, their
 * very text; half a frame at the end of a cut connection is thrown away, and so are comments and `bye`.
 */
export async function followFrames(options: FollowFrames) {
  const { url, path, frames = () => Number.POSITIVE_INFINITY, silenceMs = 2 ** 31 - 1, onFrame } = options
  const seen: string[] = []
  while (!LAST.test(seen.at(-1) ?? '')) {
    const connection = new AbortController()
    const silence = setTimeout(() => connection.abort(), silenceMs)
    try {
      const lastEventId = /^id: (.*)$/m.exec(seen.at(-1) ?? '')?.[1] ?? '0'
      const headers = { 'last-event-id': lastEventId }
      const answer = await fetch(`${url()}${path}`, { headers, signal: connection.signal })
      if (answer.status !== 200) throw new Error(`No stream: ${answer.status}`)
      let left = frames()
      for await (const frame of framesOf(answer)) {
        silence.refresh()
        if (!frame.startsWith('id: ')) continue
        seen.push(frame)
        onFrame?.(frame)
        left -= 1
        if (left <= 0) break
      }
    } catch {
      await sleep(RETRY_MS) // Away, or cut: that is what is tested.
    } finally {
      clearTimeout(silence)
      connection.abort()
    }
  }
  return seen
}

async function* framesOf(answer: Response): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    yield* whole
  }
}
