import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { isTransient } from '../database/transient.ts'
import { type Log, SILENT } from '../log.ts'
import { NO_SEALER, type Sealer } from '../sealing/sealer.ts'
import { type Batch, createBatch } from './batch.ts'
import { checkEvents, checkPath } from './check.ts'
import { toEventsStatement } from './events-statement.ts'
import { type Call, type Item, roughSize, sizeOfEvents } from './items.ts'
import { joinCall } from './join-calls.ts'
import { settle } from './settle.ts'
import { type BatchAnswer, type Statement, toRows, toStatement } from './statement.ts'
import { toStepStatement } from './step-statement.ts'
import type { Appender, AppendRequest, AppendResult, EndRequest } from './types.ts'

export type AppenderOptions = {
  /** Connections of a login in `treadle_worker`. One at a time is used. */
  pool: Pool
  /** Past this many bytes of waiting events `room` keeps its callers waiting. Default 8 MiB. */
  bytesMax?: number
  /** `hint`: notifications name runs and positions only, never content. Default `data`. */
  notify?: 'data' | 'hint'
  /** Encrypts what is written, and opens what claims find. Default: nothing is encrypted. */
  sealer?: Sealer
  log?: Log
}

const BYTES_MAX = 8 * 1024 * 1024
const THERE_IS_ROOM = Promise.resolve()
const RETRY_FIRST_MS = 20
const RETRY_MAX_MS = 2_000
const CLOSE_TIMEOUT_MS = 10_000

// While tokens of several runs come, it lingers after a batch, as Kafka's producers do (`linger.ms`, `batch.size`): a statement costs about the
// same for ten tokens as for three. For as long as three batches take, so Postgres has work for a quarter of the time; never for longer than
// a reader would notice; and not at all where a batch is waiting, or a call that somebody waits for. A single run's tokens never wait.
const LINGER_FACTOR = 3
const LINGER_MAX_MS = 8
const LINGER_CALLS = 32
const LINGER_BYTES = 256 * 1024

export function createAppender({
  pool,
  bytesMax = BYTES_MAX,
  notify = 'data',
  sealer = NO_SEALER,
  log = SILENT,
}: AppenderOptions): Appender {
  let queue: Item[] = []
  let bytesWaiting = 0
  let sending: Promise<void> | undefined
  /** Ends the lingering, if it lingers. */
  let wake: (() => void) | undefined
  /** How many wait until nothing waits. */
  let flushing = 0
  let closed = false
  const abandoned = new AbortController()
  let waitingForRoom: (() => void)[] = []

  return { claim, append, end, record, room, flush, close }

  async function claim(request: Parameters<Appender['claim']>[0]) {
    const path = checkPath(request.path)
    const bytes = sizeOfEvents(request.outbox) + roughSize(request.startedData)
    return enqueue<Awaited<ReturnType<Appender['claim']>>>(bytes, (call) => ({
      kind: 'claim',
      bytes,
      call,
      id: randomUUID(),
      run: request.run,
      path,
      request,
    }))
  }

  function append({ run, path, attempt, events }: Parameters<Appender['append']>[0]) {
    return enqueueAttempt({ run, path, attempt, events })
  }

  async function end(request: Parameters<Appender['end']>[0]) {
    return enqueueAttempt(request)
  }

  function enqueueAttempt(request: AppendRequest & Partial<EndRequest>): Promise<AppendResult> {
    try {
      checkEvents(request.events, request.end)
      const path = checkPath(request.path)
      const bytes = sizeOfEvents(request.events) + (request.end ? 2 * roughSize(request.end) : 0)
      const joined = closed ? undefined : joinCall(queue.at(-1), request, bytes)
      if (joined) {
        bytesWaiting += bytes
        return joined
      }
      return enqueue<AppendResult>(bytes, (call) => ({
        kind: 'attempt',
        bytes,
        call,
        run: request.run,
        path,
        attempt: request.attempt,
        first: (request.events[0] ?? request.end)?.ordinal ?? 0,
        events: [...request.events],
        end: request.end,
      }))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async function record(request: Parameters<Appender['record']>[0]) {
    const bytes = sizeOfEvents(request.outbox)
    return enqueue<Awaited<ReturnType<Appender['record']>>>(bytes, (call) => ({
      kind: 'record',
      bytes,
      call,
      run: request.run,
      request,
    }))
  }

  function enqueue<Result>(bytes: number, toItem: (call: Call<Result>) => Item): Promise<Result> {
    if (closed) return Promise.reject(new Error('The appender is closed.'))
    const call = newCall<Result>()
    queue.push(toItem(call))
    bytesWaiting += bytes
    if (wake && isWorthABatch()) wake()
    sending ??= sendAll()
    return call.result
  }

  function room(): Promise<void> {
    return bytesWaiting < bytesMax ? THERE_IS_ROOM : new Promise<void>((resolve) => waitingForRoom.push(resolve))
  }

  async function flush(): Promise<void> {
    flushing += 1
    wake?.()
    while (sending) await sending
    flushing -= 1
  }

  async function close(timeoutMs = CLOSE_TIMEOUT_MS): Promise<void> {
    closed = true
    const timer = setTimeout(() => abandoned.abort(), timeoutMs)
    await flush()
    clearTimeout(timer)
  }

  /** Sends batch after batch until nothing waits. Never rejects: each call learns of its own batch. */
  async function sendAll(): Promise<void> {
    while (queue.length > 0) {
      // What is called in the same turn of the event loop travels together: a node's end, and the claim that it makes possible; what the
      // answers of one batch lead to, and what the sockets have by then, goes with the next.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = nextBatch()
      const sentAt = performance.now()
      await send(batch)
      if (batch.runs.length > 1) await linger(Math.min(LINGER_FACTOR * (performance.now() - sentAt), LINGER_MAX_MS))
    }
    sending = undefined
  }

  function linger(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(goOn, ms)
      wake = goOn
      if (isWorthABatch()) goOn()

      function goOn(): void {
        clearTimeout(timer)
        wake = undefined
        resolve()
      }
    })
  }

  function isWorthABatch(): boolean {
    return flushing > 0 || queue.length >= LINGER_CALLS || bytesWaiting >= LINGER_BYTES || queue.some(isUrgent)
  }

  function nextBatch(): Batch {
    const batch = createBatch()
    const left: Item[] = []
    let looked = 0
    for (; looked < queue.length && !batch.full; looked++) {
      const item = queue[looked]
      if (item && !batch.add(item)) left.push(item)
    }
    queue = [...left, ...queue.slice(looked)]
    return batch
  }

  async function send(batch: Batch): Promise<void> {
    try {
      settle(batch, await write(batch), sealer)
    } catch (error) {
      if (batch.items.length > 1 && !abandoned.signal.aborted) {
        // Postgres refused the statement, so nothing of it is stored: find the call that it cannot take.
        for (const item of batch.items) {
          const alone = createBatch()
          alone.add(item)
          await send(alone)
        }
        return
      }
      for (const { call } of batch.items) call.reject(error as Error)
    }
    release(batch)
  }

  async function write(batch: Batch): Promise<BatchAnswer> {
    const rows = toRows(batch, sealer)
    const shorter = toStepStatement(batch, rows, notify) ?? toEventsStatement(batch, rows, notify)
    const answer = (shorter && (await commit(shorter))) ?? (await commit(toStatement(batch, rows, notify)))
    if (!answer) throw new TypeError('treadle.append gave no answer.')
    return answer
  }

  function release(batch: Batch): void {
    for (const { bytes } of batch.items) bytesWaiting -= bytes
    if (bytesWaiting >= bytesMax) return
    const waiting = waitingForRoom
    waitingForRoom = []
    for (const resolve of waiting) resolve()
  }

  /** One transaction, again and again unchanged while its outcome is unknown; the statement drops what is stored already. */
  async function commit(statement: Statement): Promise<BatchAnswer | undefined> {
    for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(2 * delayMs, RETRY_MAX_MS)) {
      try {
        const { rows } = await pool.query<{ answer: BatchAnswer | null }>(statement)
        return rows[0]?.answer ?? undefined
      } catch (error) {
        if (!isTransient(error) || pool.ended || abandoned.signal.aborted) throw error
        log.warn({ err: error, delayMs }, 'A batch of events is sent again')
        await sleep(delayMs * (0.5 + Math.random() / 2), undefined, { signal: abandoned.signal }).catch(() => {})
        if (abandoned.signal.aborted) throw error
      }
    }
  }
}

// Node 20 has no Promise.withResolvers.
function newCall<Result>(): Call<Result> {
  let resolve: (result: Result) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const result = new Promise<Result>((onResult, onError) => {
    resolve = onResult
    reject = onError
  })
  return { result, resolve, reject }
}

/** Somebody waits for it; a token's writer goes on reading meanwhile. */
const isUrgent = (item: Item) => item.kind !== 'attempt' || item.end !== undefined
