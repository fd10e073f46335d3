import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createAppender, createLogKeeper, createPool, openBlobs } from '@treadle/storage'
import type { Case } from '../harness/case.ts'
import { quantile } from '../harness/statistics.ts'
import { inTurns } from '../harness/turns.ts'
import type { AppendJob, AppendMessage } from '../load/append-job.ts'
import { open } from '../load/http.ts'
import { createLogDatabase, startLogApi } from '../sides/log-database.ts'

const WRITERS = 2
const RUNS = 50
const REPLAYED_EVENTS = 10_000
/** The subscriber is new, and the API is not: one that has served nobody yet is compiled by the first ones. */
const REPLAYS_BEFORE = 15
/** In each round. */
const REPLAYS = 5

export const p9: Case = {
  id: 'P9',
  title: 'appending: batches of 60 from 2 processes, 50 runs',
  async measure(context) {
    const database = await createLogDatabase(await context.bed.servers())
    const batches = context.quick ? 50 : 400
    const measure = (mode: AppendJob['mode'], url: string) => async () => {
      const jobs = Array.from({ length: WRITERS }, async (_, index) => {
        const runs = await Promise.all(Array.from({ length: RUNS / WRITERS }, () => database.startRun()))
        return { mode, url, runs, batches, batchesBefore: batches / 2, writer: `${index}-${runs[0]?.id}` }
      })
      return eventsPerSecond(await Promise.all(jobs))
    }
    const {
      ours = [],
      floor = [],
      told = [],
    } = await inTurns(
      {
        ours: measure('appender', database.urls.workerUrl),
        floor: measure('plain', database.urls.adminUrl),
        told: measure('told', database.urls.adminUrl),
      },
      context,
    )
    await database.api.end()
    return [
      {
        what: 'events/s',
        unit: '1/s',
        figures: { ours, floor },
        budgets: [{ atLeast: 0.7, of: 'floor' }],
        least: { what: 'to count, fence and tell', values: told },
      },
      { what: 'events/s, floor counted, fenced and told', unit: '1/s', figures: { ours, floor: told }, budgets: [] },
    ]
  },
}

/** All of them at the same time, from when all are ready and warm to when the last is done. */
async function eventsPerSecond(jobs: AppendJob[]): Promise<number> {
  const writers = jobs.map(() => fork(fileURLToPath(new URL('../load/append-main.js', import.meta.url))))
  try {
    await Promise.all(writers.map((writer, index) => answerOf(writer, jobs[index])))
    const startedAt = performance.now()
    const counts = await Promise.all(writers.map((writer) => answerOf(writer, 'go')))
    const seconds = (performance.now() - startedAt) / 1_000
    return counts.reduce((sum, count) => sum + count, 0) / seconds
  } finally {
    for (const writer of writers) writer.kill()
  }
}

async function answerOf(writer: ReturnType<typeof fork>, message: AppendMessage | undefined): Promise<number> {
  writer.send(message ?? 'go')
  const [answer] = (await once(writer, 'message')) as [{ result: number } | { error: string }]
  if ('error' in answer) throw new Error(answer.error)
  return answer.result
}

export const p10: Case = {
  id: 'P10',
  title: 'replaying a log of 10,000 events',
  async measure(context) {
    const servers = await context.bed.servers()
    const database = await createLogDatabase(servers)
    const worker = createPool({ url: database.urls.workerUrl, applicationName: 'bench worker' })
    const appender = createAppender({ pool: worker })
    const run = await database.startRun()
    await appender.claim({ run, path: 'answer', kind: 'llm', runtime: 'typescript', outbox: [] })
    const pieces = Array.from({ length: REPLAYED_EVENTS - 3 }, (_, index) => ({
      ordinal: index + 1,
      type: 'node.delta',
      data: { text: ' token', offset: 7 * index }, // A code point is missing between them: they are not joined.
    }))
    for (let from = 0; from < pieces.length; from += 500) {
      await appender.append({ run, path: 'answer', attempt: 1, events: pieces.slice(from, from + 500) })
    }
    await appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
    await appender.close()
    const api = await startLogApi(servers, database.urls.apiUrl)

    const replay = async () => {
      const startedAt = performance.now()
      const events = await countFrames(await open('GET', `${api.url}/runs/${run.id}/stream`))
      if (events !== REPLAYED_EVENTS) throw new Error(`${events} events came, not ${REPLAYED_EVENTS}.`)
      return events / ((performance.now() - startedAt) / 1_000)
    }
    const replays = async (count: number) => {
      const each: number[] = []
      while (each.length < count) each.push(await replay())
      return quantile(each, 0.5)
    }
    const measure = async () => {
      await replays(REPLAYS_BEFORE)
      return (await inTurns({ ours: () => replays(REPLAYS) }, context)).ours ?? []
    }
    const fromRows = await measure()
    const blobs = openBlobs({ url: api.blobs })
    const { packed } = await createLogKeeper({ pool: worker, blobs, packAfterMs: 0 }).keep()
    if (packed === 0) throw new Error('The log was not packed.')
    const fromPacks = await measure()
    await api.child.stop()
    await Promise.all([worker.end(), database.api.end(), blobs.close()])
    const what = 'events/s, to the client'
    return [
      { what, unit: '1/s', figures: { ours: fromRows }, budgets: [{ atLeast: 100_000 }] },
      { what: `${what}, of a packed log`, unit: '1/s', figures: { ours: fromPacks }, budgets: [{ atLeast: 100_000 }] },
    ]
  },
}

/** The events of a stream that is read to its end. */
async function countFrames(answer: AsyncIterable<Buffer>): Promise<number> {
  let frames = 0
  let tail = ''
  for await (const chunk of answer) {
    const text = tail + chunk.toString('latin1')
    for (let at = text.indexOf(FRAME_START); at !== -1; at = text.indexOf(FRAME_START, at + 1)) frames += 1
    tail = text.slice(1 - FRAME_START.length)
  }
  return frames
}

const FRAME_START = '\nid: '
