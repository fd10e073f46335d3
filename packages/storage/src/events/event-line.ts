/** What an envelope is made of. Texts are as they stand in the line: JSON that was not parsed, so that nothing of it can change. */
export type EventParts = {
  seq: number
  runId: string
  type: string
  /** Milliseconds since 1970. */
  time: number
  /** A JSON string, with its quotes. */
  node: string | undefined
  attempt: number | undefined
  /** A JSON object. */
  data: string
}

// What `treadle.envelope` builds; see routines/2_append.sql.
const LINE =
  /^\{"seq":(\d+),"runId":"([^"]+)","type":"([^"]+)","time":"([^"]+)"(?:,"node":("(?:[^"\\]|\\.)*"))?(?:,"attempt":(\d+))?,"data":(.*)\}$/s

/** @throws Error when the line is none that `toLine` would build. */
export function takeApart(line: string): EventParts {
  const [, seq, runId, type, time, node, attempt, data] = LINE.exec(line) ?? []
  if (runId === undefined || type === undefined || time === undefined || data === undefined) {
    throw new Error(`Not an event's line: ${line.slice(0, 100)}`)
  }
  return {
    seq: Number(seq),
    runId,
    type,
    time: Date.parse(time),
    node,
    attempt: attempt === undefined ? undefined : Number(attempt),
    data,
  }
}

export function toLine({ seq, runId, type, time, node, attempt, data }: Omit<EventParts, 'time'> & { time: string }) {
  const nodePart = node === undefined ? '' : `,"node":${node}`
  const attemptPart = attempt === undefined ? '' : `,"attempt":${attempt}`
  return `{"seq":${seq},"runId":"${runId}","type":"${type}","time":"${time}"${nodePart}${attemptPart},"data":${data}}`
}
