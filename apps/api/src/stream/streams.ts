import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { RunId, TenantId } from '@treadle/contract'
import type { EventLog, SerialisedEvent } from '@treadle/storage'
import { encodeCursor } from './cursor.ts'
import type { EventFilter } from './filter.ts'
import type { StreamFormat } from './formats/encoder.ts'
import { createFormatFrames } from './formats/format-frames.ts'
import { framesOf, frameText } from './frame.ts'
import { type Live, readRun } from './read-run.ts'
import { openSse, type SseWriter } from './sse-writer.ts'
import { createTurn } from './turn.ts'

export type StreamRequest = {
  tenant: TenantId
  /** The runs and the positions past which each is read. Several share one cursor. */
  runs: readonly { runId: RunId; after: number }[]
  /** Default: all events. */
  filter?: EventFilter | undefined
  /** Other ones than `treadle` are for one run. */
  format: StreamFormat
  headers: OutgoingHttpHeaders
}

/** All streams of the process. */
export type Streams = {
  /** Serves one to its end. Never rejects: what happens after the first byte can only be said by ending it. */
  serve(response: ServerResponse, request: StreamRequest): Promise<void>
  /** Sends everybody away, and nobody in any more. */
  close(): void
  readonly count: number
}

export type StreamsOptions = {
  log: Pick<EventLog, 'read' | 'follow'>
  heartbeatMs: number
  stallMs: number
  logger: { warn(fields: object, message: string): void }
}

/** Frames are gathered up to this length: fewer writes when a log is read, and never much in memory for a slow client. */
const CHUNK_LENGTH = 64 * 1024

export function createStreams({ log, heartbeatMs, stallMs, logger }: StreamsOptions): Streams {
  const open = new Set<SseWriter>()
  let isClosed = false

  const serve = async (response: ServerResponse, { tenant, runs, filter, format, headers }: StreamRequest) => {
    const writer = openSse(response, { headers, heartbeatMs, stallMs, saysBye: format === 'treadle' })
    open.add(writer)
    if (isClosed) writer.bye('shutting-down')
    const turn = createTurn()
    const [first] = runs
    const frames = format === 'treadle' || !first ? createFrames(runs) : createFormatFrames(format, first.after)
    const wanted = (events: readonly SerialisedEvent[]) => (filter ? events.filter(filter) : events)
    const live = format === 'treadle' && runs.length === 1 ? liveOf(writer, wanted) : undefined
    try {
      await Promise.all(
        runs.map(({ runId, after }, index) =>
          readRun({
            log,
            tenant,
            runId,
            after: format === 'treadle' ? after : 0, // What was said before leads to what is said next.
            signal: writer.signal,
            turn,
            emit: (events) => writeAll(writer, frames(index, wanted(events))),
            live,
          }),
        ),
      )
      writer.end()
    } catch (error) {
      logger.warn({ err: error, runIds: runs.map(({ runId }) => runId) }, 'A stream had to end early')
      writer.bye('unavailable')
    } finally {
      open.delete(writer)
    }
  }

  return {
    serve,
    close() {
      isClosed = true
      for (const writer of open) writer.bye('shutting-down')
    },
    get count() {
      return open.size
    },
  }
}

/** Most clients follow one run, and get what all others of it get: it is encoded once, and written without a promise. */
function liveOf(writer: SseWriter, wanted: (events: readonly SerialisedEvent[]) => readonly SerialisedEvent[]): Live {
  return {
    room: writer.room,
    emit(events) {
      const shown = wanted(events)
      return shown.length === 0 || writer.writeNow(framesOf(shown))
    },
  }
}

/** How the events of the run at `index` go out: under their own `seq`, or, of several runs, under the position in all of them. */
function createFrames(runs: StreamRequest['runs']) {
  if (runs.length === 1) {
    return (_: number, events: readonly SerialisedEvent[]) => events.map((event) => frameText(event, String(event.seq)))
  }
  const runIds = runs.map(({ runId }) => runId)
  const positions = runs.map(({ after }) => after)
  return (index: number, events: readonly SerialisedEvent[]) =>
    events.map((event) => {
      positions[index] = event.seq
      return frameText(event, encodeCursor(runIds, positions))
    })
}

async function writeAll(writer: SseWriter, frames: readonly string[]): Promise<boolean> {
  for (let from = 0; from < frames.length; ) {
    let text = ''
    for (; from < frames.length && text.length < CHUNK_LENGTH; from++) text += frames[from]
    if (!(await writer.write(text))) return false
  }
  return !writer.signal.aborted
}
